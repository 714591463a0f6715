"""Which windows there are, and how many values fell into each cell of a metric in each of them.

A window ends at midnight or, where enough cases come in at every hour of the day, every six hours (UTC). So
windows of a metric share no case, and each is checked once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from models_store.selectors import champion
from monitoring.counts import outputs
from monitoring.counts.windows import Blocks, blocks
from monitoring.drift.metrics import Metric
from monitoring.models import Binning
from monitoring.types import CountFamily, MetricKey
from policy.selectors import ruled_since
from science.drift.compare import MIN_CASES
from science.drift.watch import LATEST, WEEKS

QUARTER = timedelta(hours=6)
A_DAY = 4  # quarters
DAYS = 7 * WEEKS + LATEST
BUSY = 4 * MIN_CASES  # cases in a quarter, on average at each time of the day, from which it is a window


@dataclass(frozen=True, slots=True)
class Windows:
    """The counts of one metric.

    Attributes:
        counts: oldest first, (n_windows, n_cells).
        a_day: windows a day, 4 or 1.
        ends: the end of the last one.
    """

    counts: np.ndarray
    a_day: int
    ends: datetime

    @property
    def length(self) -> timedelta:
        """Of a window."""
        return timedelta(days=1) / self.a_day

    def start(self, place: int) -> datetime:
        """Return when a window begins."""
        return self.ends - (len(self.counts) - place) * self.length


def last_end(now: datetime) -> datetime:
    """Return when the last quarter of a day ended."""
    return now.replace(hour=now.hour // 6 * 6, minute=0, second=0, microsecond=0)


def windows_of(
    workflow_id: UUID, binning: Binning, metrics: Mapping[MetricKey, Metric], *, end: datetime
) -> dict[MetricKey, Windows]:
    """Return the windows of each metric that end at this quarter of a day.

    A metric that is looked at once a day is there at midnight alone. What a model says is counted since it is
    the champion, and who decides since the rule was made: another model is no drift, nor are other cutoffs.
    """
    n = DAYS * A_DAY
    counted: dict[tuple[str, str, str], np.ndarray] = {}

    def take(family: CountFamily, seen: Blocks) -> None:
        for (field, measure), counts in seen.counts.items():
            counted[family.value, field, measure] = counts

    take(
        CountFamily.INPUT,
        blocks(workflow_id, CountFamily.INPUT, until=end, length=QUARTER, n=n, binning_id=binning.pk),
    )
    of_all = [outputs.ROUTE, outputs.AGAIN]
    take(
        CountFamily.OUTPUT,
        blocks(workflow_id, CountFamily.OUTPUT, until=end, length=QUARTER, n=n, measures=of_all),
    )
    release = champion(workflow_id)
    take(
        CountFamily.OUTPUT,
        blocks(
            workflow_id,
            CountFamily.OUTPUT,
            until=end,
            length=QUARTER,
            n=n,
            release_id=release.pk if release else None,
            any_release=False,
            measures=outputs.OF_A_RELEASE,
        ),
    )
    take(CountFamily.PEOPLE, blocks(workflow_id, CountFamily.PEOPLE, until=end, length=QUARTER, n=n))
    _forget_other_rules(counted, workflow_id, end)
    found = {}
    for key, metric in metrics.items():
        quarters = _as_wide(counted.get((key.family, key.field, key.measure)), n, len(metric.cells.names))
        if is_busy(quarters):
            found[key] = Windows(quarters, A_DAY, end)
        elif end.hour == 0:
            found[key] = Windows(quarters.reshape(DAYS, A_DAY, -1).sum(axis=1), 1, end)
    return found


def is_busy(quarters: np.ndarray) -> bool:
    """Tell whether a week's quarters of a day hold enough cases at each time of the day."""
    week = quarters[-7 * A_DAY :].sum(axis=1).reshape(7, A_DAY)
    return bool((week.mean(axis=0) >= BUSY).all())


def _as_wide(counts: np.ndarray | None, n: int, n_cells: int) -> np.ndarray:
    """The counts; zeros where there are none, or they are of other cells than the metric has now."""
    if counts is None or counts.shape[1] != n_cells:
        return np.zeros((n, n_cells), dtype=np.int64)
    return counts


def _forget_other_rules(
    counted: dict[tuple[str, str, str], np.ndarray], workflow_id: UUID, end: datetime
) -> None:
    key = (CountFamily.OUTPUT.value, "", outputs.ROUTE)
    since = ruled_since(workflow_id)
    if key not in counted or since is None:
        return
    kept = max(0, (end - since) // QUARTER)
    counts = counted[key]
    counts[: max(0, len(counts) - kept)] = 0
