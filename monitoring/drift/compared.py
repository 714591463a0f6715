"""Then and now of one metric, for people: a few bars, and one sentence about where they differ most."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from hitl.web.format import percent
from models_store.selectors import champion
from monitoring.counts import outputs
from monitoring.counts.binning import baseline_for
from monitoring.counts.windows import blocks
from monitoring.drift.examined import say
from monitoring.drift.metrics import Metric
from monitoring.models import DriftReading
from monitoring.types import CountFamily, Reference
from science.drift.cells import NumberCells
from science.drift.watch import LATEST, WEEKS

BARS = 16


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: the share of cases there, then and now."""

    name: str
    then: float
    now: float
    scale: float

    @property
    def then_length(self) -> float:
        """Beside the longest bar."""
        return self.then / self.scale if self.scale else 0.0

    @property
    def now_length(self) -> float:
        """Beside the longest bar."""
        return self.now / self.scale if self.scale else 0.0


@dataclass(frozen=True, slots=True)
class Compared:
    """Two sets of bars and how many cases they are made of."""

    bars: list[Bar]
    n_then: int
    n_now: int
    then_words: str


def compared(metric: Metric, reading: DriftReading) -> Compared | None:
    """Return the bars of a reading's window and of what came before it; None of what is not counted.

    Of days that are compared with the same weekday, all days of the four weeks before are shown.
    """
    if not metric.is_counted:
        return None
    now = _counts(metric, reading, reading.began_at, reading.ended_at)
    if reading.reference == Reference.BASELINE:
        release = champion(reading.workflow_id)
        then, words = _baseline(metric, reading), "the training cases" if release else "the first cases"
    else:
        until = reading.ended_at - LATEST * (reading.ended_at - reading.began_at)
        then = _counts(metric, reading, until - timedelta(weeks=WEEKS), until)
        words = "the four weeks before"
    n_then, n_now = int(then.sum()), int(now.sum())
    shares = [
        (name, float(then[cells].sum() / max(n_then, 1)), float(now[cells].sum() / max(n_now, 1)))
        for name, cells in _groups(metric, then + now)
    ]
    scale = max((max(a, b) for _, a, b in shares), default=0.0)
    return Compared([Bar(name, a, b, scale) for name, a, b in shares if a or b], n_then, n_now, words)


def in_words(metric: Metric, reading: DriftReading) -> str:
    """Say in one sentence where a reading differs most."""
    then, now, cells = reading.then, reading.now, metric.cells
    if not metric.is_counted:
        return say(reading)
    if not reading.n_now:
        return "Nothing was counted."
    if not reading.value:
        return "No difference."
    if not isinstance(cells, NumberCells):
        return f"“{_name(metric, reading.cell)}”: {percent(now)} now, {percent(then)} before."
    unit = f" {metric.unit}" if metric.unit else ""
    if reading.cell < len(cells.cuts):
        return f"At most {cells.cuts[reading.cell]:g}{unit}: {percent(now)} now, {percent(then)} before."
    return f"Missing or no number: {percent(1 - now)} now, {percent(1 - then)} before."


def _name(metric: Metric, cell: int) -> str:
    names = metric.cells.names
    return names[cell] if cell < len(names) else "other"


def _counts(metric: Metric, reading: DriftReading, since: datetime, until: datetime) -> np.ndarray:
    key, family = metric.key, CountFamily(metric.key.family)
    release = champion(reading.workflow_id)
    own = family == CountFamily.OUTPUT and key.measure in outputs.OF_A_RELEASE
    found = blocks(
        reading.workflow_id,
        family,
        until=until,
        length=until - since,
        n=1,
        binning_id=metric.binning_id,
        release_id=release.pk if own and release else None,
        any_release=not own,
        measures=[key.measure],
        field=key.field,
    )
    counts = found.counts.get((key.field, key.measure))
    n_cells = len(metric.cells.names)
    if counts is None or counts.shape[1] != n_cells:
        return np.zeros(n_cells, dtype=np.int64)
    return np.asarray(counts[0])


def _baseline(metric: Metric, reading: DriftReading) -> np.ndarray:
    release = champion(reading.workflow_id)
    kept = baseline_for(metric.binning_id, release.pk if release else None) if metric.binning_id else None
    counts = (kept or {}).get((metric.key.field, metric.key.measure))
    return np.zeros(len(metric.cells.names), dtype=np.int64) if counts is None else counts


def _groups(metric: Metric, counts: np.ndarray) -> list[tuple[str, list[int]]]:
    """A few groups of neighbouring cells with their names; of categories the most frequent, then the rest."""
    cells, names = metric.cells, metric.cells.names
    n_proper = cells.n_proper
    odd = [(names[i], [i]) for i in range(n_proper, len(names))]
    if not isinstance(cells, NumberCells):
        order = sorted(range(n_proper), key=lambda i: (-int(counts[i]), i))
        rest = order[BARS:]
        shown = [(names[i], [i]) for i in order[:BARS]]
        return [*shown, *([("others", rest)] if rest else []), *odd]
    parts = [[int(i) for i in part] for part in np.array_split(np.arange(n_proper), min(BARS, n_proper))]
    return [*((_span(cells, part), part) for part in parts), *odd]


def _span(cells: NumberCells, part: list[int]) -> str:
    if not cells.cuts:
        return "any number"
    low, high = part[0] - 1, part[-1]
    if low < 0:
        return f"up to {cells.cuts[high]:g}" if high < len(cells.cuts) else "any number"
    if high >= len(cells.cuts):
        return f"above {cells.cuts[low]:g}"
    return f"{cells.cuts[low]:g} to {cells.cuts[high]:g}"
