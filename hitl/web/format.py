"""Numbers and times as people read them."""

import math
from datetime import datetime

from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from hitl.shared.numbers import number, separated

_STEPS = (
    (60, 1, gettext_lazy("%(count)s s ago"), gettext_lazy("in %(count)s s")),
    (3600, 60, gettext_lazy("%(count)s min ago"), gettext_lazy("in %(count)s min")),
    (86_400, 3600, gettext_lazy("%(count)s h ago"), gettext_lazy("in %(count)s h")),
    (7 * 86_400, 86_400, gettext_lazy("%(count)s d ago"), gettext_lazy("in %(count)s d")),
)


def local(moment: datetime) -> datetime:
    """Return a moment in the person's time zone: UTC where none was chosen."""
    return moment.astimezone(timezone.get_current_timezone())


def time_ago(moment: datetime, now: datetime) -> str:
    """Say how long ago, or in how long; a date from a week on.

    >>> time_ago(datetime(2026, 1, 1, 9, 57, tzinfo=UTC), datetime(2026, 1, 1, 10, tzinfo=UTC))
    '3 min ago'
    """
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < 5:
        return gettext("now")
    for below, unit, ago, ahead in _STEPS:
        if size < below:
            return (ago if seconds > 0 else ahead) % {"count": int(size // unit)}
    at, today = local(moment), local(now)
    # Translators: how a day of this year is written, as Django's filter "date" has it.
    short = pgettext("date format", "j M")
    # Translators: how a day of another year is written.
    return written(at, short if at.year == today.year else pgettext("date format", "j M Y"))


def exact_time(moment: datetime) -> str:
    """Say a time to the second, with its zone."""
    return f"{local(moment):%Y-%m-%d %H:%M:%S %Z}"


def percent(share: float | None, digits: int = 1) -> str:
    """Say a share as a percentage; a dash where there is none.

    >>> percent(0.0123)
    '1.2 %'
    """
    if share is None or math.isnan(share):
        return "–"
    return f"{number(100 * share, f'.{digits}f')} %"


def size(count: int) -> str:
    """Say a number of bytes.

    >>> size(25 * 1024 * 1024)
    '25 MB'
    """
    for unit, name in ((1024**3, "GB"), (1024**2, "MB"), (1024, "kB")):
        if count >= unit:
            return f"{separated(f'{count / unit:.1f}'.removesuffix('.0'))} {name}"
    return ngettext("%(count)s byte", "%(count)s bytes", count) % {"count": count}
