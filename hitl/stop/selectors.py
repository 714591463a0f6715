"""Questions about the stop. Nothing is kept in memory: what the database says holds, in every process."""

from django.db.models import Exists

from hitl.stop.models import Stop

STOPPED = "EXISTS (SELECT 1 FROM stop_stop WHERE started_at IS NULL)"
"""The same question within a statement of one's own."""


def stop_in_force() -> Stop | None:
    """Return the stop that is in force; None while the rules decide."""
    return Stop.objects.filter(started_at=None).first()


def is_stopped() -> Exists:
    """Return the question as part of another query."""
    return Exists(Stop.objects.filter(started_at=None))
