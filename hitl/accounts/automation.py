"""The one rule about who may let the service decide more by itself. Every door asks here (ADR 0049).

Less automation needs one person on duty. More needs a person who answers for it, and where there is evidence
to look at, an operator. A key never may allow more, whatever its scopes: nobody sees it, and it answers for
nothing. The service itself does what its owner asks for at the shell, and what a person has allowed before.
"""

from collections.abc import Iterable

from hitl.accounts.types import Role, Scope
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, NotAllowed, Problem

LOWERERS = (Role.LEAD, Role.OPERATOR)  # less automation is always safe: whoever is on duty
RAISERS = (Role.OPERATOR,)
ANSWERABLE = (Role.OPERATOR, Role.ADMINISTRATOR)  # for how a workflow begins and for its rules


class PersonNeeded(HitlError):
    """What lets the service decide more by itself takes a person who answers for it, not a key."""

    code, status = "person_needed", 403


def require_lowerer(actor: Actor) -> None:
    """Refuse whoever may not take automation away; the service itself and keys given for that always may."""
    if actor.kind == "key" and Scope.RELEASE in actor.scopes:
        return
    if actor.kind != "system" and not actor.has(*LOWERERS):
        raise NotAllowed("Taking automation away is for leads and operators.")


def require_raiser(actor: Actor) -> None:
    """Refuse whoever may not allow more automation where there is evidence: only operators may."""
    if not actor.has(*RAISERS):
        raise NotAllowed("Allowing more automation is for operators.")


def require_answerable(actor: Actor, raised: Iterable[tuple[str, str]]) -> None:
    """Refuse what would let the service decide more, unless an operator or administrator asks for it.

    `raised` holds, of each such field, its name and what a key may do instead; nothing raised is refused to
    nobody.

    Raises:
        PersonNeeded: a key asks; the fields are named.
        NotAllowed: a person of another role asks.
    """
    errors = [Problem(field=name, error="lets the service decide more", fix=fix) for name, fix in raised]
    if not errors or actor.kind == "system" or actor.has(*ANSWERABLE):
        return
    if actor.kind == "key":
        raise PersonNeeded(errors=errors)
    raise NotAllowed("Letting the service decide more is for operators and administrators.", errors=errors)
