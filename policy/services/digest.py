"""Put a digest of each minute's decisions into the audit log, instead of an entry per decision (ADR 0011)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from cases.models import Workflow
from hitl.audit.log import record
from hitl.audit.models import Entry
from hitl.shared.actor import system
from hitl.shared.canonical import canonical_json
from policy.models import Decision

ACTION = "decisions.digested"
LAG = timedelta(seconds=60)  # a decision is dated before it commits: leave the youngest to the next digest
_COLUMNS = sorted(field.attname for field in Decision._meta.concrete_fields)  # all: proofs rest on every one


@transaction.atomic
def digest_decisions(*, workflow_id: UUID, now: datetime) -> Entry | None:
    """Append the digest of the decisions since the last one; None when there were none."""
    workflow = Workflow.objects.select_for_update(no_key=True).get(pk=workflow_id)
    since, until = _last(workflow), now - LAG
    count, digest = digest_of(workflow_id=workflow_id, since=since, until=until)
    if count == 0:
        return None
    detail = {
        "since": since.isoformat() if since else None,
        "until": until.isoformat(),
        "count": count,
        "sha256": digest,
    }
    return record(action=ACTION, actor=system("digest"), now=now, about=workflow, detail=detail)


def digest_of(*, workflow_id: UUID, since: datetime | None, until: datetime) -> tuple[int, str]:
    """Return how many decisions were taken in (since, until], and the SHA-256 over them in their order."""
    rows = Decision.objects.filter(workflow_id=workflow_id, decided_at__lte=until)
    if since is not None:
        rows = rows.filter(decided_at__gt=since)
    rows = rows.order_by("decided_at", "case_id", "epoch", "sequence")
    hasher, count = hashlib.sha256(), 0
    for row in rows.values_list(*_COLUMNS).iterator(chunk_size=5000):
        hasher.update(canonical_json(row) + b"\n")
        count += 1
    return count, hasher.hexdigest()


def digests_hold(*, workflow_id: UUID) -> datetime | None:
    """Recompute every digest of the workflow; return the end of the first span that was changed since."""
    for entry in _entries(Workflow.objects.get(pk=workflow_id)).order_by("number"):
        if not _holds(workflow_id, entry):
            return datetime.fromisoformat(entry.detail["until"])
    return None


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check: how many decisions, whether that was all, and the last span that was changed."""

    decisions: int
    is_all: bool
    changed: datetime | None


def check_digests(*, workflow_id: UUID, since: datetime, most: int = 100_000) -> Checked:
    """Recompute the digests made since then, newest first, until `most` decisions have been looked at."""
    looked_at = 0
    for entry in _entries(Workflow.objects.get(pk=workflow_id)).filter(at__gte=since).order_by("-number"):
        if looked_at and looked_at + entry.detail["count"] > most:
            return Checked(looked_at, is_all=False, changed=None)
        looked_at += entry.detail["count"]
        if not _holds(workflow_id, entry):
            return Checked(looked_at, is_all=False, changed=datetime.fromisoformat(entry.detail["until"]))
    return Checked(looked_at, is_all=True, changed=None)


def _holds(workflow_id: UUID, entry: Entry) -> bool:
    since = datetime.fromisoformat(entry.detail["since"]) if entry.detail["since"] else None
    until = datetime.fromisoformat(entry.detail["until"])
    found = digest_of(workflow_id=workflow_id, since=since, until=until)
    return found == (entry.detail["count"], entry.detail["sha256"])


def _last(workflow: Workflow) -> datetime | None:
    last = _entries(workflow).order_by("-number").first()
    return datetime.fromisoformat(last.detail["until"]) if last else None


def _entries(workflow: Workflow) -> QuerySet[Entry]:
    return Entry.objects.filter(about_type="cases.workflow", about_id=str(workflow.pk), action=ACTION)
