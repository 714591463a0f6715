"""The past of a workflow's models in one piece: lanes of roles, days of error and automation, and events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.translation import gettext

from cases.models import Workflow
from hitl.audit.changes import CHANGES, marks
from hitl.web.charts import Plot, Series
from hitl.web.format import local
from hitl.web.links import cases_between
from models_store.models import Release, RoleSpan
from models_store.types import ReleaseRole
from monitoring.releases.days import Day, days
from monitoring.releases.events import Happened, happened

WINDOW = timedelta(days=90)
MAX_LANES = 12
MAX_MARKS = 12  # of more nobody could read the words
_SHOWN = (ReleaseRole.CHAMPION, ReleaseRole.CANARY, ReleaseRole.SHADOW)
_TOLD = [
    action for action in CHANGES if action.split(".")[0] in ("release", "canary", "recall", "automation")
]
_LEAST = 0.4  # per cent of the width: what was short is seen all the same


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time in one role: where it begins and how wide it is, in per cent of the window."""

    role: str
    x: float
    width: float
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Lane:
    """One model and the roles it had in the window."""

    release: Release
    bars: Sequence[Bar]

    @property
    def words(self) -> str:
        """What the lane shows, for those who do not see it."""
        return "; ".join(_lasted(bar) for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Past:
    """What is shown of the past.

    Attributes:
        lanes: the newest model first, of those that had a part; at most `MAX_LANES`.
        days: every day of the window.
        events: the newest first.
        changed: what else changed, as marks: terms, cutoffs, audits, training.
    """

    slug: str
    since: datetime
    until: datetime
    lanes: Sequence[Lane]
    days: Sequence[Day]
    events: Sequence[Happened]
    changed: Sequence[tuple[float, str]]

    @property
    def plots(self) -> list[tuple[str, Plot]]:
        """What audits found wrong, and how much was automated, day by day; none within the first day.

        A promise is a few per cent and automation may be nearly all, so each has an axis of its own.
        """
        if len(self.days) < 2:
            return []
        ends = [day.interval or (None, None) for day in self.days]
        wrong = Series(
            gettext("Wrong among audits"),
            [day.error for day in self.days],
            colour="vermilion",
            low=[low for low, _ in ends],
            high=[high for _, high in ends],
        )
        automated = Series(gettext("Automated"), [day.automated for day in self.days])
        return [
            ("history-error", self._plot(gettext("Wrong among audits, day by day"), wrong)),
            ("history-automation", self._plot(gettext("Automated, day by day"), automated, (0.0, 1.0))),
        ]

    def _plot(self, title: str, series: Series, y_range: tuple[float, float] | None = None) -> Plot:
        told = [(one.at.timestamp(), one.mark) for one in reversed(self.events) if one.mark]
        marked = sorted([*told, *self.changed])[-MAX_MARKS:]
        days = [datetime.combine(day.at, time(), self.until.tzinfo) for day in self.days]
        return Plot(
            title=title,
            x_name=gettext("Day (UTC)"),
            x=[day.timestamp() for day in days],
            series=[series],
            is_time=True,
            as_percent=True,
            y_range=y_range,
            marks=marked,
            row_hrefs=[cases_between(self.slug, day, day) for day in days],
        )


def _lasted(bar: Bar) -> str:
    said = {"role": ReleaseRole(bar.role).label, "begin": f"{local(bar.since):%Y-%m-%d %H:%M}"}
    if bar.until is None:
        zone = f"{local(bar.since):%Z}"
        return gettext("%(role)s from %(begin)s %(zone)s until now") % {**said, "zone": zone}
    return gettext("%(role)s from %(begin)s to %(end)s") % {
        **said,
        "end": f"{local(bar.until):%Y-%m-%d %H:%M %Z}",
    }


def past_of(workflow: Workflow, *, now: datetime) -> Past | None:
    """Return the past of at most 90 days; None where no model has had a part yet."""
    spans = RoleSpan.objects.filter(workflow=workflow, role__in=_SHOWN).select_related("release")
    first = spans.order_by("since").first()
    if first is None:
        return None
    since = max(first.since, now - WINDOW)
    shown = [span for span in spans.order_by("since", "id") if span.until is None or span.until > since]
    deciding = {span.release_id for span in shown if span.role != ReleaseRole.SHADOW}
    events = happened(workflow, since=since, until=now + timedelta(microseconds=1))
    return Past(
        workflow.slug,
        since,
        now,
        _lanes(shown, since, now),
        days(workflow.pk, sorted(deciding), since=_midnight(since), now=now),
        events[::-1],
        marks(since=since, until=now, workflow_id=workflow.pk, without=_TOLD),
    )


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.date(), time(), at.tzinfo)


def _lanes(spans: Sequence[RoleSpan], since: datetime, until: datetime) -> list[Lane]:
    whole = max(until - since, timedelta(seconds=1))
    bars: dict[Release, list[Bar]] = {}
    for span in spans:
        begin = 100 * (max(span.since, since) - since) / whole
        width = max(100 * ((span.until or until) - max(span.since, since)) / whole, _LEAST)
        x = min(begin, 100 - _LEAST)
        bar = Bar(span.role, round(x, 2), round(min(width, 100 - x), 2), span.since, span.until)
        bars.setdefault(span.release, []).append(bar)
    newest = sorted(bars, key=lambda release: -release.number)[:MAX_LANES]
    return [Lane(release, bars[release]) for release in newest]
