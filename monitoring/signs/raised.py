"""Open an early sign, confirm it, close it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cases.models import Workflow
from hitl.audit.log import record
from hitl.shared.actor import Actor
from monitoring.models import EarlySign
from monitoring.types import SignKind


@transaction.atomic
def raise_sign(
    *, workflow_id: UUID, kind: SignKind, evidence: Mapping[str, Any], actor: Actor, now: datetime
) -> EarlySign:
    """Open a sign, or confirm the one of its kind that is open: its evidence is then the latest.

    Args:
        evidence: JSON: what was seen, with its numbers. It holds no content of a case and names no person.
    """
    sign, is_new = EarlySign.objects.select_for_update(no_key=True).get_or_create(
        workflow_id=workflow_id,
        kind=kind,
        ended_at=None,
        defaults={"evidence": dict(evidence), "began_at": now, "seen_at": now},
    )
    if is_new:
        _record("sign.raised", sign, actor, now)
        return sign
    sign.evidence, sign.seen_at = dict(evidence), max(now, sign.seen_at)
    sign.save(update_fields=["evidence", "seen_at"])
    return sign


@transaction.atomic
def clear_sign(*, workflow_id: UUID, kind: SignKind, actor: Actor, now: datetime) -> bool:
    """Close the open sign of a kind; return whether there was one."""
    rows = EarlySign.objects.select_for_update(no_key=True)
    sign = rows.filter(workflow_id=workflow_id, kind=kind, ended_at=None).first()
    if sign is None:
        return False
    sign.ended_at = max(now, sign.began_at)
    sign.save(update_fields=["ended_at"])
    _record("sign.cleared", sign, actor, now)
    return True


def _record(action: str, sign: EarlySign, actor: Actor, now: datetime) -> None:
    detail = {"kind": sign.kind, "sign": str(sign.pk), "evidence": sign.evidence}
    record(action=action, actor=actor, now=now, about=Workflow(pk=sign.workflow_id), detail=detail)
