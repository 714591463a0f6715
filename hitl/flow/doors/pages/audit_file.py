"""The audit log as rows of a file."""

from hitl.flow.export.rows import Export, Kindred, Row
from hitl.flow.reading.audit_log import Line, Wanted, every_line
from hitl.shared.canonical import canonical_json

COLUMNS: dict[str, Kindred] = {
    "number": "number",
    "at": "time",
    "by_kind": "text",
    "by": "text",
    "said": "text",
    "reason": "text",
    "action": "text",
    "about_type": "text",
    "about_id": "text",
    "about": "text",
    "workflow": "text",
    "detail": "text",
    "digest": "text",
}


def log_export(wanted: Wanted) -> Export:
    """Return the entries that pass the filters, oldest first, in constant memory."""
    return Export(COLUMNS, (_row(line) for line in every_line(wanted)))


def _row(line: Line) -> Row:
    entry = line.entry
    return {
        "number": entry.number,
        "at": entry.at,
        "by_kind": entry.actor_kind,
        "by": entry.actor_name,
        "said": line.said,
        "reason": line.reason,
        "action": entry.action,
        "about_type": entry.about_type,
        "about_id": entry.about_id,
        "about": line.subject.words,
        "workflow": line.subject.workflow,
        "detail": canonical_json(entry.detail).decode(),
        "digest": bytes(entry.digest).hex(),
    }
