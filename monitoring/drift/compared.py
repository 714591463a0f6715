"""Then and now of one metric, for people: a few bars, and one sentence about where they differ most."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.utils.translation import gettext, gettext_noop

from hitl.shared.numbers import number
from hitl.shared.words import shown
from hitl.web.format import percent
from models_store.selectors import champion
from monitoring.counts import outputs
from monitoring.counts.binning import baseline_for
from monitoring.counts.windows import blocks
from monitoring.drift.examined import say
from monitoring.drift.metrics import Metric
from monitoring.models import DriftReading
from monitoring.types import CountFamily, Reference
from science.drift.cells import CategoryCells, NumberCells
from science.drift.watch import LATEST, WEEKS

BARS = 16
ODD = (
    gettext_noop("rare ones"),
    gettext_noop("never seen before"),
    gettext_noop("missing"),
    gettext_noop("no number"),
)
"""What `science.drift.cells` calls the cells of no proper value."""
OWN = (outputs.ROUTE, outputs.NULL, outputs.AGAIN)
"""Measures of what the model says whose values are words of ours; the values of others come from cases."""


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
        then = _baseline(metric, reading)
        words = gettext("the training cases") if release else gettext("the first cases")
    else:
        until = reading.ended_at - LATEST * (reading.ended_at - reading.began_at)
        then = _counts(metric, reading, until - timedelta(weeks=WEEKS), until)
        words = gettext("the four weeks before")
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
        return gettext("Nothing was counted.")
    if not reading.value:
        return gettext("No difference.")
    said = {"now": percent(now), "then": percent(then)}
    if not isinstance(cells, NumberCells):
        name = _name(metric, reading.cell)
        return gettext("“%(value)s”: %(now)s now, %(then)s before.") % {"value": name, **said}
    if reading.cell < len(cells.cuts):
        facts = {"value": number(cells.cuts[reading.cell], "g"), "unit": _unit(metric.unit), **said}
        if cells.is_just_below(reading.cell):
            if not metric.unit:
                return gettext("Less than %(value)s: %(now)s now, %(then)s before.") % facts
            return gettext("Less than %(value)s %(unit)s: %(now)s now, %(then)s before.") % facts
        if not metric.unit:
            return gettext("At most %(value)s: %(now)s now, %(then)s before.") % facts
        return gettext("At most %(value)s %(unit)s: %(now)s now, %(then)s before.") % facts
    missing = {"now": percent(1 - now), "then": percent(1 - then)}
    return gettext("Missing or no number: %(now)s now, %(then)s before.") % missing


def _unit(unit: str) -> str:
    """Say a unit; a per cent sign in front would be taken for the place of a value."""
    return f"% {shown(unit[2:])}" if unit.startswith("% ") else shown(unit)


def _name(metric: Metric, cell: int) -> str:
    names = metric.cells.names
    return _spoken(metric, cell) if cell < len(names) else gettext("other")


def _spoken(metric: Metric, cell: int) -> str:
    """Name a cell: a value of cases as it is, a word of ours in the page's language."""
    own = metric.key.family == CountFamily.PEOPLE or metric.key.measure in OWN
    is_value = isinstance(metric.cells, CategoryCells) and cell < len(metric.cells.values) and not own
    name = metric.cells.names[cell]
    return name if is_value else shown(name)


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
    odd = [(_spoken(metric, i), [i]) for i in range(n_proper, len(names))]
    if not isinstance(cells, NumberCells):
        order = sorted(range(n_proper), key=lambda i: (-int(counts[i]), i))
        rest = order[BARS:]
        most = [(_spoken(metric, i), [i]) for i in order[:BARS]]
        return [*most, *([(gettext("others"), rest)] if rest else []), *odd]
    parts = [[int(i) for i in part] for part in np.array_split(np.arange(n_proper), min(BARS, n_proper))]
    return [*((_span(cells, part), part) for part in parts), *odd]


def _span(cells: NumberCells, part: list[int]) -> str:
    if not cells.cuts:
        return gettext("any number")
    low, high = part[0] - 1, part[-1]
    cuts = [number(cut, "g") for cut in cells.cuts]
    if low < 0 and high >= len(cuts):
        return gettext("any number")
    is_below, is_one = high < len(cuts) and cells.is_just_below(high), low >= 0 and cells.is_just_below(low)
    if low < 0:
        words = gettext("less than %(high)s") if is_below else gettext("up to %(high)s")
        return words % {"high": cuts[high]}
    if high >= len(cuts):
        return (gettext("%(low)s or more") if is_one else gettext("above %(low)s")) % {"low": cuts[low]}
    if is_one and high == low + 1:
        return cuts[high]
    words = gettext("%(low)s to less than %(high)s") if is_below else gettext("%(low)s to %(high)s")
    return words % {"low": cuts[low], "high": cuts[high]}
