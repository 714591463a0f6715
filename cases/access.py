"""Who may see workflows and cases: every person with a role; to others they do not exist."""

from uuid import UUID

from django.db.models import QuerySet

from cases.models import Case, Workflow
from hitl.accounts.types import WATCHING, Role
from hitl.shared.actor import Actor
from hitl.shared.errors import NotFound
from hitl.shared.words import Words


def workflows_for(actor: Actor) -> QuerySet[Workflow]:
    """Return the workflows whose cases the person may look at, by name."""
    return Workflow.objects.all() if actor.has(*Role.values) else Workflow.objects.none()


def watched_workflows(actor: Actor) -> QuerySet[Workflow]:
    """Return the workflows that the actor watches over, by name: models, automation and promise with them."""
    return Workflow.objects.all() if actor.has(*WATCHING) else Workflow.objects.none()


def watched_workflow(actor: Actor, slug: str) -> Workflow:
    """Return the workflow that the actor watches over; to others it does not exist.

    Raises:
        NotFound: there is no such workflow, or the actor does not watch over the service.
    """
    workflow = watched_workflows(actor).filter(slug=slug).first()
    if workflow is None:
        raise NotFound(Words('There is no workflow "%(slug)s", or it is not yours to see.', slug=slug[:60]))
    return workflow


def case_for(actor: Actor, case_id: UUID) -> Case:
    """Return the case with its workflow; outsiders find nothing.

    Raises:
        NotFound: there is no such case, or the person has no role.
    """
    case = (
        Case.objects.select_related("workflow").filter(pk=case_id, workflow__in=workflows_for(actor)).first()
    )
    if case is None:
        raise NotFound("There is no such case, or it is not yours to see.")
    return case
