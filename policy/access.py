"""Who may see and change how much is automated."""

from cases.models import Workflow
from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from hitl.shared.errors import NotAllowed, NotFound

VIEWERS = (Role.LEAD, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR)
LOWERERS = (Role.LEAD, Role.OPERATOR)  # less automation is always safe: whoever is on duty
RAISERS = (Role.OPERATOR,)


def workflow_for(actor: Actor, slug: str) -> Workflow:
    """Return the workflow whose automation the actor may look at; outsiders find nothing."""
    workflow = Workflow.objects.filter(slug=slug).first() if actor.has(*VIEWERS) else None
    if workflow is None:
        raise NotFound(f'There is no workflow "{slug[:60]}", or it is not yours to see.')
    return workflow


def require_lowerer(actor: Actor) -> None:
    """Refuse whoever may not take automation away; the service itself always may."""
    if actor.kind != "system" and not actor.has(*LOWERERS):
        raise NotAllowed("Taking automation away is for leads and operators.")


def require_raiser(actor: Actor) -> None:
    """Refuse whoever may not allow more automation: only people with the right role may."""
    if not actor.has(*RAISERS):
        raise NotAllowed("Allowing more automation is for operators.")
