"""The monitor's line through time, with the levels at which it acts."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext

from hitl.audit.changes import marks
from hitl.web.charts import Plot, Series
from hitl.web.links import cases_between
from policy.models import CutoffSet, Reading, Watch
from policy.services.trial_plans import units_of
from policy.services.watches import live_watch, open_watch_of
from science.guarantee.monitor import AMBER

MAX_READINGS = 400
POINTS = 20  # of evidence, at amber: whole numbers say more than 0.05 does
LOWEST = 1e-4  # drawn where E, the evidence, is smaller: nothing speaks against the promise


@dataclass(frozen=True, slots=True)
class Line:
    """One certificate's watch.

    Attributes:
        watch: the open one, or the last there was.
        readings: one per ten audits, the latest `MAX_READINGS`, oldest first.
        amber, red: levels of E from which more is audited, and from which automation steps down.
        e_now: the highest E among the cutoffs in force.
    """

    watch: Watch
    readings: list[Reading]
    amber: float
    red: float
    e_now: float

    @property
    def points(self) -> float:
        """E now, in points: `closer` of them ask for a closer look, `stop` for a stop."""
        return self.e_now * self.closer / self.amber

    @property
    def closer(self) -> int:
        """Points from which more is audited."""
        return POINTS

    @property
    def stop(self) -> int:
        """Points from which automation steps down."""
        return round(self.red * self.closer / self.amber)

    @property
    def tone(self) -> str:
        """Tone of the level now."""
        if self.e_now >= self.red:
            return "bad"
        return "warn" if self.e_now >= self.amber else "good"

    @property
    def plot(self) -> Plot:
        """E over the time of the decisions, on a logarithmic axis."""
        return Plot(
            title=gettext("Evidence against the promise, over time"),
            x_name=gettext("decided (%(zone)s)") % {"zone": get_current_timezone_name()},
            x=[reading.at.timestamp() for reading in self.readings],
            series=[
                Series(
                    gettext("evidence"),
                    [max(LOWEST, r.e_value) for r in self.readings],
                    gettext("evidence"),
                    "blue",
                )
            ],
            y_name=gettext("evidence against the promise"),
            is_time=True,
            is_log=True,
            marks=self._marks,
            row_hrefs=[cases_between(self.watch.workflow.slug, one.at, one.at) for one in self.readings],
            y_range=(LOWEST, 10 * self.red),
            levels=[
                (self.amber, gettext("amber: audit more"), "orange"),
                (self.red, gettext("red: automate less"), "vermilion"),
            ],
        )

    @property
    def _marks(self) -> list[tuple[float, str]]:
        if not self.readings:
            return []
        first, last = self.readings[0].at, self.readings[-1].at
        return marks(since=first, until=last, workflow_id=self.watch.workflow_id)


def line_of(workflow_id: UUID, in_force: CutoffSet | None) -> Line | None:
    """Return the line of the watch that is open, else of the last; None before the first."""
    watch = open_watch_of(workflow_id) or _last(workflow_id)
    if watch is None:
        return None
    monitors = live_watch(watch)
    readings = list(watch.readings.order_by("-at", "-id")[:MAX_READINGS])[::-1]
    pfa = min((monitor.pfa for monitor in monitors.monitors.values()), default=1.0)
    if watch.ended_at is None and in_force is not None and in_force.certificate_id == watch.pk:
        e_now = monitors.highest(units_of(in_force))
    else:
        e_now = readings[-1].e_value if readings else 0.0
    return Line(watch, readings, AMBER, 1 / pfa, e_now)


def _last(workflow_id: UUID) -> Watch | None:
    watches = Watch.objects.select_related("certificate__release").filter(workflow_id=workflow_id)
    return watches.order_by("-ended_at").first()
