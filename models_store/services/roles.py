"""Change the roles of models: one champion at a time; every change is a row."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.models import SchemaVersion, Workflow
from cases.services.versions import bump
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.errors import NotFound
from hitl.shared.jobs import enqueue
from models_store.access import require_operator
from models_store.errors import SchemaChanged
from models_store.models import Release, RoleSpan
from models_store.serving import read_model
from models_store.types import ReleaseRole

CERTIFY = "policy.certify_release"


def promote(*, release_id: UUID, actor: Actor, now: datetime, reason: str = "") -> RoleSpan:
    """Make a release the champion; the one before it is retired. Promoting an older one is the way back.

    Takes effect on the next case in every process. The champion stays what it is when asked again.

    Raises:
        NotFound: there is no such release.
        NotAllowed: the actor is a person who does not operate models.
        SchemaChanged: the workflow's fields or labels have changed since it was trained.
        ArtifactRefused: its file is missing or damaged: every case would go to people.
    """
    require_operator(actor)
    release = Release.objects.filter(pk=release_id).first()
    if release is None:
        raise NotFound("There is no such model.")
    read_model(release)  # before any lock: the store may be another machine
    return _make_champion(release, actor, now, reason.strip())


@transaction.atomic
def _make_champion(release: Release, actor: Actor, now: datetime, reason: str) -> RoleSpan:
    workflow = Workflow.objects.select_for_update(no_key=True).get(pk=release.workflow_id)
    schema = SchemaVersion.objects.get(workflow=workflow, number=workflow.schema_version)
    if schema.schema_sha256 != release.schema_sha256:
        raise SchemaChanged(release=release.name)
    open_spans = RoleSpan.objects.filter(workflow=workflow, until=None)
    before = open_spans.filter(role=ReleaseRole.CHAMPION).select_related("release").first()
    if before is not None and before.release_id == release.id:
        return before
    if before is not None:
        _move(before, to=ReleaseRole.RETIRED, actor=actor, now=now, reason=f"{release.name} took its place.")
    open_spans.filter(release=release).update(until=now)
    span = RoleSpan.objects.create(
        workflow=workflow,
        release=release,
        role=ReleaseRole.CHAMPION,
        since=now,
        by=actor.name,
        reason=reason,
    )
    bump(workflow.id)
    facts = {"release": release.name, "before": before.release.name if before else None, "reason": reason}
    record(action="release.promoted", actor=actor, now=now, about=release, detail=facts)
    emit([News("release.promoted", release.id, workflow.id, now, facts)])
    enqueue(CERTIFY, str(release.id))
    return span


def _move(span: RoleSpan, *, to: str, actor: Actor, now: datetime, reason: str) -> None:
    RoleSpan.objects.filter(pk=span.pk).update(until=now)
    RoleSpan.objects.create(
        workflow_id=span.workflow_id,
        release_id=span.release_id,
        role=to,
        since=now,
        by=actor.name,
        reason=reason,
    )
