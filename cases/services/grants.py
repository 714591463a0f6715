"""Which workflows an API key may be used for."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from cases.models import KeyGrant
from hitl.accounts.models import ApiKey
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import NotFound


@transaction.atomic
def grant_workflows(*, key_id: UUID, workflow_ids: Iterable[UUID], actor: Actor, now: datetime) -> None:
    """Let the key be used for exactly these workflows from the next request on.

    Raises:
        NotFound: there is no such key in use.
    """
    key = lock_key(key_id)
    wanted = set(workflow_ids)
    granted = set(KeyGrant.objects.filter(key=key).values_list("workflow_id", flat=True))
    if wanted == granted:
        return
    KeyGrant.objects.filter(key=key).exclude(workflow_id__in=wanted).delete()
    KeyGrant.objects.bulk_create(
        KeyGrant(key=key, workflow_id=workflow_id) for workflow_id in sorted(wanted - granted)
    )
    ApiKey.objects.filter(pk=key_id).update(version=F("version") + 1)
    detail = {"workflows": sorted(map(str, wanted))}
    record(action="key.granted", actor=actor, now=now, about=key, detail=detail)


def lock_key(key_id: UUID) -> ApiKey:
    """Return a key in use, locked until the transaction ends.

    Whoever does more than one thing in a transaction locks it before the first is recorded: the audit log's
    lock is always the last.

    Raises:
        NotFound: there is no such key in use.
    """
    key = ApiKey.objects.select_for_update(no_key=True).filter(pk=key_id, revoked_at=None).first()
    if key is None:
        raise NotFound()
    return key
