"""Send the head of the audit log to places where this service cannot change it (ADR 0048).

Three ways, all at once: a line of the log, which a collector carries away; a line of a file, where
HITL_AUDIT_HEADS_FILE names one (on a disk of somebody else, or one that only appends); and the event
`audit.checkpoint` to every webhook of all workflows that asks for it.
"""

import logging
import os
from pathlib import Path

import orjson
from django.conf import settings

from hitl.audit.models import Checkpoint
from hitl.outbox.events import News, emit
from hitl.shared.ids import new_id

log = logging.getLogger(__name__)


def ship(made: Checkpoint) -> None:
    """Send a signed head away, in the transaction that makes it.

    A file that cannot be written is said in the log and stops nothing: the other ways are still there.
    """
    head = {
        "number": made.number,
        "digest": bytes(made.digest).hex(),
        "signature": bytes(made.signature).hex(),
        "at": made.at.isoformat(),
    }
    log.info("audit head", extra=head)
    if settings.AUDIT_HEADS_FILE:
        try:
            _append(Path(settings.AUDIT_HEADS_FILE), orjson.dumps(head) + b"\n")
        except OSError:
            log.exception("the head of the audit log was not written", extra=head)
    emit([News("audit.checkpoint", new_id(), None, made.at, head)])


def _append(path: Path, line: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)
        os.fsync(file)
    finally:
        os.close(file)
