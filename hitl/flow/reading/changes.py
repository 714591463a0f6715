"""What changed in the service, in sentences from the audit log, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.models import Workflow
from hitl.audit.changes import changes
from hitl.flow.reading.audit_log import Line, line_of
from hitl.flow.reading.audit_subjects import subjects_of

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Changes:
    """The latest changes since a moment, and whether there were more."""

    lines: Sequence[Line]
    has_more: bool


def changes_since(since: datetime, *, workflow: Workflow | None = None, most: int = SHOWN) -> Changes:
    """Return what changed since a moment: of everything, or of one workflow."""
    rows = changes(since=since, workflow_id=workflow.pk if workflow else None)
    found = list(rows[: most + 1])
    entries = found[:most]
    subjects = subjects_of(entries)
    return Changes([line_of(entry, subjects) for entry in entries], len(found) > most)
