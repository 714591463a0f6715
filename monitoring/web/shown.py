"""Metrics and alarms as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext, gettext_lazy

from cases.models import Workflow
from hitl.audit.changes import marks
from hitl.shared.numbers import number
from hitl.web.charts import Plot, Series
from hitl.web.format import local, percent
from hitl.web.links import cases_between
from monitoring.drift.compared import in_words
from monitoring.drift.metrics import Metric
from monitoring.models import Alarm, DriftReading
from monitoring.types import AlarmStatus, CountFamily, MetricKey, MetricState, Reference, Verdict

AFTER = timedelta(days=1)  # what is checked after a window has ended is raised then
STATE_TONES = {
    MetricState.DRIFTS: "bad",
    MetricState.DIFFERS: "warn",
    MetricState.CALM: "good",
    MetricState.UNKNOWN: "neutral",
}
STATUS_TONES = {
    AlarmStatus.OPEN: "bad",
    AlarmStatus.ACKNOWLEDGED: "warn",
    AlarmStatus.SILENCED: "neutral",
    AlarmStatus.CLOSED: "neutral",
}
_ORDER = list(STATE_TONES)
VERDICTS = {
    Verdict.REAL.value: gettext_lazy("real"),
    Verdict.NOISE.value: gettext_lazy("noise"),
    Verdict.EXPECTED.value: gettext_lazy("expected"),
}
"""What an alarm was, in a word."""

FAMILY_WORDS = {family.value: family.label for family in CountFamily}


def metric_address(slug: str, key: MetricKey, reference: str = "") -> str:
    """Return where a metric's page is; names of fields may be any words, so they are parameters."""
    asked = {**key._asdict(), **({"reference": reference} if reference else {})}
    return f"{reverse('metric', args=[slug])}?{urlencode(asked)}"


@dataclass(frozen=True)
class ShownReading:
    """A reading in words."""

    reading: DriftReading
    metric: Metric

    @property
    def tone(self) -> str:
        """Of its state."""
        return STATE_TONES[MetricState(self.reading.state)]

    @property
    def state_words(self) -> str:
        """What is known."""
        return str(MetricState(self.reading.state).label)

    @property
    def where(self) -> str:
        """Where it differs most."""
        return in_words(self.metric, self.reading)

    @property
    def cases_words(self) -> str:
        """What it rests on."""
        return gettext("%(now)s now, %(then)s before") % {
            "now": number(self.reading.n_now),
            "then": number(self.reading.n_then),
        }

    @property
    def chance_words(self) -> str:
        """How likely chance alone does this."""
        p = self.reading.p_value
        if p is None:
            return gettext("not known: too few cases")
        return gettext("less than 1 in 1,000") if p < 1e-3 else percent(p, 1)

    @property
    def began_words(self) -> str:
        """When the difference came; empty where nothing drifts."""
        first, last = self.reading.changed_from, self.reading.changed_until
        if first is None or last is None:
            return ""
        begin, end = local(first), local(last)
        if first == last:
            return f"{begin:%Y-%m-%d %H:%M %Z}"
        return gettext("between %(begin)s and %(end)s") % {
            "begin": f"{begin:%Y-%m-%d %H:%M}",
            "end": f"{end:%Y-%m-%d %H:%M %Z}",
        }

    @property
    def size_words(self) -> str:
        """How large it is, and what that is held against."""
        if self.reading.threshold is None:
            return "–"
        return f"{percent(self.reading.value)} ({percent(self.reading.threshold)})"


@dataclass(frozen=True)
class ShownMetric:
    """A metric with what was read of it last, and its course."""

    slug: str
    metric: Metric
    readings: dict[Reference, DriftReading]
    course: Sequence[DriftReading]
    alarm: Alarm | None

    @cached_property
    def worst(self) -> ShownReading | None:
        """The worse of its latest readings; None before the first."""
        found = sorted(self.readings.values(), key=rank)
        return ShownReading(found[0], self.metric) if found else None

    @property
    def href(self) -> str:
        """Its page."""
        reference = self.worst.reading.reference if self.worst else ""
        return metric_address(self.slug, self.metric.key, reference)

    @property
    def values(self) -> list[float | None]:
        """Its differences, window by window; nothing where too little is known."""
        return [row.value if row.threshold is not None else None for row in self.course]

    @property
    def thresholds(self) -> list[float | None]:
        """What they were held against."""
        return [row.threshold for row in self.course]

    @property
    def course_words(self) -> str:
        """What the curve shows."""
        known = [value for value in self.values if value is not None]
        if not known:
            return gettext("No window of the last four weeks had enough cases")
        beside = Reference(self.course[-1].reference).label
        return gettext("Difference from %(reference)s, window by window: now %(value)s") % {
            "reference": beside,
            "value": percent(known[-1]),
        }


def rank(reading: DriftReading) -> tuple[int, float]:
    """Order readings: the worst state first, then the largest beside its threshold."""
    beside = reading.value / reading.threshold if reading.threshold else 0.0
    return _ORDER.index(MetricState(reading.state)), -beside


@dataclass(frozen=True)
class ShownAlarm:
    """An alarm in words."""

    alarm: Alarm
    words: str

    @property
    def tone(self) -> str:
        """Of its status."""
        return "good" if self.is_passed else STATUS_TONES[AlarmStatus(self.alarm.status)]

    @property
    def status_words(self) -> str:
        """Where it stands."""
        if self.alarm.status == AlarmStatus.CLOSED:
            return gettext("closed: %(verdict)s") % {"verdict": self.verdict_word}
        status = str(AlarmStatus(self.alarm.status).label)
        return gettext("%(status)s, has passed") % {"status": status} if self.is_passed else status

    @property
    def is_passed(self) -> bool:
        """Whether the difference is gone, and nobody has said yet what it was."""
        return self.alarm.cleared_at is not None and self.alarm.status != AlarmStatus.CLOSED

    @property
    def verdict_word(self) -> str:
        """What it was, in a word."""
        return str(VERDICTS.get(self.alarm.verdict, ""))

    @property
    def verdict_words(self) -> str:
        """What it was."""
        return str(Verdict(self.alarm.verdict).label) if self.alarm.verdict else ""

    @property
    def size_words(self) -> str:
        """How large the difference is."""
        return gettext("%(value)s, beside a threshold of %(threshold)s") % {
            "value": percent(self.alarm.value),
            "threshold": percent(self.alarm.threshold),
        }


def course_plot(course: Sequence[DriftReading], workflow: Workflow, words: str) -> Plot:
    """Draw the differences of a metric window by window, what they are held against, and what changed.

    Each window leads to the cases of its days.
    """
    first, last = course[0].ended_at, course[-1].ended_at
    known = [row.value if row.threshold is not None else None for row in course]
    return Plot(
        title=gettext("%(metric)s: difference, window by window") % {"metric": words},
        x_name=gettext("end of the window (%(zone)s)") % {"zone": get_current_timezone_name()},
        x=[row.ended_at.timestamp() for row in course],
        series=[
            Series(gettext("difference"), known, "", "blue"),
            Series(gettext("threshold"), [row.threshold for row in course], "", "vermilion", is_dashed=True),
        ],
        y_name=gettext("difference"),
        is_time=True,
        as_percent=True,
        marks=[
            (min(at, last.timestamp()), what)
            for at, what in marks(since=first, until=last + AFTER, workflow_id=workflow.pk)
        ],
        row_hrefs=[
            cases_between(workflow.slug, row.began_at, row.ended_at - timedelta(seconds=1)) for row in course
        ],
    )
