"""How much room the images and recordings of one workflow have, where that is not what the setting says."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.models import MediaUse, Workflow
from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotAllowed, NotFound, Problem
from hitl.shared.words import Words, figure

MAX_QUOTA_BYTES = 10**15


@transaction.atomic
def set_media_quota(*, workflow_id: UUID, quota_bytes: int | None, actor: Actor, now: datetime) -> MediaUse:
    """Give a workflow a quota of its own; None: that of the setting. What is kept stays, however much it is.

    Raises:
        NotAllowed: the actor is no administrator.
        Invalid: the number does not fit.
        NotFound: there is no such workflow.
    """
    if not actor.has(Role.ADMINISTRATOR):
        raise NotAllowed()
    if quota_bytes is not None and not 0 <= quota_bytes <= MAX_QUOTA_BYTES:
        fix = Words("Say 0 to %(value)s gigabytes.", value=MAX_QUOTA_BYTES // 10**9)
        raise Invalid(
            [
                Problem(
                    field="quota",
                    error=Words("is %(value)s GB", value=figure(quota_bytes / 10**9)),
                    fix=fix,
                )
            ]
        )
    workflow = Workflow.objects.filter(pk=workflow_id).first()
    if workflow is None:
        raise NotFound()
    MediaUse.objects.bulk_create([MediaUse(workflow=workflow)], ignore_conflicts=True)
    use = MediaUse.objects.select_for_update(no_key=True).get(workflow=workflow)
    if use.quota_bytes != quota_bytes:
        before, use.quota_bytes = use.quota, quota_bytes
        detail = {"before": _words(before), "after": _words(use.quota)}
        use.save(update_fields=["quota_bytes"])
        record(action="media.quota", actor=actor, now=now, about=workflow, detail=detail)
    return use


def _words(size: int) -> str:
    return f"{size / 10**9:g} GB"
