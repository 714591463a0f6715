"""Questions about the audit log."""

from datetime import datetime

from hitl.audit.models import Entry


def entries_from(source: str, *, action: str, since: datetime) -> int:
    """Return how many entries of an action name this source after a moment."""
    return Entry.objects.filter(at__gt=since, action=action, detail__source=source).count()
