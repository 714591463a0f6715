"""Who may change how much is automated; whoever watches over the service may see it."""

from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from hitl.shared.errors import NotAllowed

LOWERERS = (Role.LEAD, Role.OPERATOR)  # less automation is always safe: whoever is on duty
RAISERS = (Role.OPERATOR,)


def require_lowerer(actor: Actor) -> None:
    """Refuse whoever may not take automation away; the service itself always may."""
    if actor.kind != "system" and not actor.has(*LOWERERS):
        raise NotAllowed("Taking automation away is for leads and operators.")


def require_raiser(actor: Actor) -> None:
    """Refuse whoever may not allow more automation: only people with the right role may."""
    if not actor.has(*RAISERS):
        raise NotAllowed("Allowing more automation is for operators.")
