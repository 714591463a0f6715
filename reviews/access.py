"""Who may answer tasks: people, never keys or the service itself."""

from hitl.shared.actor import Actor
from hitl.shared.errors import NotAllowed


def person_id(actor: Actor) -> int:
    """Return the primary key of the person who acts.

    Raises:
        NotAllowed: it is no person.
    """
    if actor.user_id is None:
        raise NotAllowed("Only people review cases.")
    return actor.user_id
