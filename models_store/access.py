"""Who may see models, and who may act on them."""

from uuid import UUID

from django.db.models import QuerySet

from cases.models import Workflow
from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from hitl.shared.errors import NotAllowed, NotFound
from models_store.models import Release, TrainingRun

VIEWERS = (Role.LEAD, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR)


def workflows_for(actor: Actor) -> QuerySet[Workflow]:
    """Return the workflows whose models the actor may look at, by name."""
    return Workflow.objects.all() if actor.has(*VIEWERS) else Workflow.objects.none()


def workflow_for(actor: Actor, slug: str) -> Workflow:
    """Return the workflow; outsiders find nothing."""
    workflow = workflows_for(actor).filter(slug=slug).first()
    if workflow is None:
        raise NotFound(f'There is no workflow "{slug[:60]}", or it is not yours to see.')
    return workflow


def release_for(actor: Actor, release_id: UUID) -> Release:
    """Return the release with its workflow; outsiders find nothing."""
    releases = Release.objects.select_related("workflow").filter(workflow__in=workflows_for(actor))
    release = releases.filter(pk=release_id).first()
    if release is None:
        raise NotFound("There is no such model, or it is not yours to see.")
    return release


def run_for(actor: Actor, run_id: UUID) -> TrainingRun:
    """Return the training run with its workflow; outsiders find nothing."""
    runs = TrainingRun.objects.select_related("workflow", "release", "requested_by")
    run = runs.filter(pk=run_id, workflow__in=workflows_for(actor)).first()
    if run is None:
        raise NotFound("There is no such training run, or it is not yours to see.")
    return run


def require_operator(actor: Actor) -> None:
    """Refuse whoever may not act on models; the service itself trains and promotes by its rules."""
    if actor.kind != "system" and not actor.has(Role.OPERATOR):
        raise NotAllowed("Training and promoting models is for operators.")
