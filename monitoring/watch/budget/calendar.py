"""When periods begin and end: with the calendar's months, quarters and years, in UTC."""

from datetime import UTC, datetime

from policy.types import PeriodLength

_MONTHS = {PeriodLength.MONTH: 1, PeriodLength.QUARTER: 3, PeriodLength.YEAR: 12}
TOO_SHORT = 1 / 3  # of a period: what is left of a running one joins the next


def turn_after(at: datetime, length: str) -> datetime:
    """Return when the calendar's next period begins.

    >>> turn_after(datetime(2026, 11, 5, tzinfo=UTC), "quarter").isoformat()
    '2027-01-01T00:00:00+00:00'
    """
    return _turn(at, length, 1)


def end_of_period(begins_at: datetime, length: str) -> datetime:
    """Return when a period that begins then ends: at the calendar's next turn.

    One that begins late in the calendar's, because its workflow is new, runs through the following as well: a
    few days prove nothing.

    >>> end_of_period(datetime(2026, 12, 20, tzinfo=UTC), "quarter").isoformat()
    '2027-04-01T00:00:00+00:00'
    """
    first, second = _turn(begins_at, length, 1), _turn(begins_at, length, 2)
    is_short = first - begins_at < TOO_SHORT * (first - _turn(begins_at, length, 0))
    return second if is_short else first


def _turn(at: datetime, length: str, n: int) -> datetime:
    months = _MONTHS[PeriodLength(length)]
    at = at.astimezone(UTC)
    month = (at.year * 12 + at.month - 1) // months * months + n * months
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
