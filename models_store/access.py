"""Who may see models, and who may act on them."""

from uuid import UUID

from cases.access import watched_workflows
from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from hitl.shared.errors import NotAllowed, NotFound
from models_store.models import Release, Source, TrainingRun


def release_for(actor: Actor, release_id: UUID) -> Release:
    """Return the release with its workflow; outsiders find nothing."""
    releases = Release.objects.select_related("workflow").filter(workflow__in=watched_workflows(actor))
    release = releases.filter(pk=release_id).first()
    if release is None:
        raise NotFound("There is no such model, or it is not yours to see.")
    return release


def run_for(actor: Actor, run_id: UUID) -> TrainingRun:
    """Return the training run with its workflow; outsiders find nothing."""
    runs = TrainingRun.objects.select_related("workflow", "release", "requested_by")
    run = runs.filter(pk=run_id, workflow__in=watched_workflows(actor)).first()
    if run is None:
        raise NotFound("There is no such training run, or it is not yours to see.")
    return run


def source_for(actor: Actor, source_id: UUID) -> Source:
    """Return the model elsewhere with its workflow; outsiders find nothing."""
    sources = Source.objects.select_related("workflow").filter(workflow__in=watched_workflows(actor))
    found = sources.filter(pk=source_id).first()
    if found is None:
        raise NotFound("There is no such model elsewhere, or it is not yours to see.")
    return found


def require_operator(actor: Actor) -> None:
    """Refuse whoever may not act on models; the service itself trains and promotes by its rules."""
    if actor.kind != "system" and not actor.has(Role.OPERATOR):
        raise NotAllowed("Training and promoting models is for operators.")
