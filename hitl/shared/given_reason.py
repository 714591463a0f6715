"""The reason that somebody gives for a change: it is asked for by one rule, and stays in the audit log."""

from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words

MAX_REASON = 2_000


def reason_problem(
    reason: str, *, fix: str = "Say why.", most: int = MAX_REASON, field: str = "reason"
) -> Problem | None:
    """Return what is wrong with a reason; None where nothing is. Space around it does not count."""
    length = len(reason.strip())
    if not length:
        return Problem(field=field, error="is missing", fix=fix)
    if length > most:
        error = Words("has %(count)s characters", count=length)
        return Problem(field=field, error=error, fix=Words("Say it in %(most)s.", most=most))
    return None


def checked_reason(
    reason: str, *, fix: str = "Say why.", most: int = MAX_REASON, field: str = "reason"
) -> str:
    """Return the reason without space around it.

    Raises:
        Invalid: it is missing or too long.
    """
    if problem := reason_problem(reason, fix=fix, most=most, field=field):
        raise Invalid([problem])
    return reason.strip()
