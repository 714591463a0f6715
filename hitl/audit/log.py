"""Write to the audit log, and check it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from hitl.audit.models import Checkpoint, Entry
from hitl.shared.actor import Actor
from hitl.shared.canonical import canonical_json, sha256, sign, signature_holds

GENESIS = bytes(32)
_LOCK = 0x68_69_74_6C  # "hitl": one writer of the chain at a time


def record(*, action: str, actor: Actor, now: datetime, about: models.Model, detail: dict[str, Any]) -> Entry:
    """Append one entry, in the transaction of the change it records.

    The chain has one writer at a time: the lock is held until that transaction ends. Nothing on the
    path of a case writes here; decisions enter as one digest a minute.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("audit entries belong to the transaction of the change they record")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = Entry.objects.order_by("-number").only("number", "digest").first()
    entry = Entry(
        number=(last.number if last else 0) + 1,
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        about_type=about._meta.label_lower,
        about_id=str(about.pk),
        detail=_as_stored(detail),
        previous=bytes(last.digest) if last else GENESIS,
    )
    entry.digest = _digest(entry)
    entry.save(force_insert=True)
    return entry


def _as_stored(value: Any) -> Any:
    """Return the value as the database gives it back: its numbers have no negative zero."""
    if isinstance(value, dict):
        return {key: _as_stored(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_stored(part) for part in value]
    return 0.0 if isinstance(value, float) and value == 0 else value


def _digest(entry: Entry) -> bytes:
    body = {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": [entry.actor_kind, entry.actor_id, entry.actor_name],
        "action": entry.action,
        "about": [entry.about_type, entry.about_id],
        "detail": entry.detail,
    }
    return sha256(bytes(entry.previous) + canonical_json(body))


@transaction.atomic
def checkpoint(*, now: datetime) -> Checkpoint | None:
    """Sign the present head of the chain; None when nothing was added since the last time."""
    head = Entry.objects.order_by("-number").first()
    if head is None or Checkpoint.objects.filter(entry=head).exists():
        return None
    return Checkpoint.objects.create(
        entry=head, digest=head.digest, signature=sign("audit-checkpoint", _head(head)), at=now
    )


def _head(entry: Entry) -> bytes:
    return entry.number.to_bytes(8, "big") + bytes(entry.digest)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: how many entries are unchanged, and the first that is not."""

    entries: int
    broken_at: int | None
    reason: str

    @property
    def holds(self) -> bool:
        """True when every entry and every checkpoint holds."""
        return self.broken_at is None


def verify() -> Verdict:
    """Walk the whole chain and every checkpoint."""
    previous, number = GENESIS, 0
    for entry in Entry.objects.order_by("number").iterator(chunk_size=2000):
        number += 1
        if entry.number != number:
            return Verdict(number - 1, number, "an entry is missing")
        if bytes(entry.previous) != previous or bytes(entry.digest) != _digest(entry):
            return Verdict(number - 1, number, "the entry was changed after it was written")
        previous = bytes(entry.digest)
    for point in Checkpoint.objects.select_related("entry").order_by("entry_id"):
        if not signature_holds("audit-checkpoint", _head(point.entry), bytes(point.signature)):
            return Verdict(number, point.entry_id, "a signed checkpoint does not match")
    return Verdict(number, None, "")
