"""Write to the audit log. `hitl.audit.verify` checks it."""

import warnings
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from hitl.audit.models import Checkpoint, Entry, Head
from hitl.audit.sentences import has_sentence
from hitl.audit.shipping import ship
from hitl.shared.actor import Actor
from hitl.shared.canonical import canonical_json, sha256, sign

GENESIS = bytes(32)
WORKFLOW = "cases.workflow"
HEAD, CHECKPOINT = "audit-head", "audit-checkpoint"  # what is signed: one is not taken for the other
_LOCK = 0x68_69_74_6C  # "hitl": one writer of the chain at a time


def record(*, action: str, actor: Actor, now: datetime, about: models.Model, detail: dict[str, Any]) -> Entry:
    """Append one entry, in the transaction of the change it records.

    The chain has one writer at a time: the lock is held until that transaction ends. Nothing on the
    path of a case writes here; decisions enter as one digest a minute.
    """
    if not has_sentence(action, detail):
        words = f"{action} has no sentence for {detail} in sentences.py"  # untranslated: for builders
        warnings.warn(words, stacklevel=2)
    _require_transaction()
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
        about_id="" if about.pk is None else str(about.pk),  # a sign-in under a name that nobody has
        workflow_id=_workflow_of(about),
        detail=_as_stored(detail),
        previous=bytes(last.digest) if last else GENESIS,
    )
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    said = signed_bytes(entry.number, entry.digest)
    Head.objects.update_or_create(
        id=1, defaults={"number": entry.number, "digest": entry.digest, "signature": sign(HEAD, said)}
    )
    return entry


def _workflow_of(about: models.Model) -> UUID | None:
    """Return the workflow that this is, or that it belongs to."""
    if about._meta.label_lower == WORKFLOW:
        return about.pk  # type: ignore[no-any-return]
    return getattr(about, "workflow_id", None)


def _as_stored(value: Any) -> Any:
    """Return the value as the database gives it back: its numbers have no negative zero."""
    if isinstance(value, dict):
        return {key: _as_stored(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_stored(part) for part in value]
    return 0.0 if isinstance(value, float) and value == 0 else value


def digest_of(entry: Entry) -> bytes:
    """Return what an entry's digest has to be: the hash of the digest before it and of what it says."""
    body = {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": [entry.actor_kind, entry.actor_id, entry.actor_name],
        "action": entry.action,
        "about": [entry.about_type, entry.about_id],
        "workflow": None if entry.workflow_id is None else str(entry.workflow_id),
        "detail": entry.detail,
    }
    return sha256(bytes(entry.previous) + canonical_json(body))


def signed_bytes(number: int, digest: bytes | memoryview) -> bytes:
    """Return what is signed of a head: how many entries there are, and the digest of the last."""
    return number.to_bytes(8, "big") + bytes(digest)


@transaction.atomic
def checkpoint(*, now: datetime) -> Checkpoint | None:
    """Sign the present head of the chain and send it away; None when nothing was added since the last time.

    What has left this service, whoever holds its database and its secret cannot call back: `verify` compares.
    """
    last = Entry.objects.order_by("-number").first()
    if last is None or Checkpoint.objects.filter(number=last.number).exists():
        return None
    said = signed_bytes(last.number, last.digest)
    made = Checkpoint.objects.create(
        number=last.number, digest=last.digest, signature=sign(CHECKPOINT, said), at=now
    )
    ship(made)
    return made


def _require_transaction() -> None:
    """Refuse to write outside the transaction of a change; one that a test wraps around itself is none."""
    try:
        with transaction.atomic(durable=True):  # refused inside of another, before anything is sent
            pass
    except RuntimeError:
        return
    raise RuntimeError("audit entries belong to the transaction of the change they record")
