"""Into which cell a value falls: fixed bins, learned once from a reference, so that counts add up.

Counts of fixed cells are the same bytes in any order and any sharding, and a missing value, one that is no
number and one that was never seen are counted apart. A sketch has none of that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Protocol, Self

import numpy as np

N_BINS = 64
OFTEN = 0.05  # of the values are one and the same: as many as the smallest difference that matters
MAX_RARE = 10_000  # values that are known as rare ones; beyond, a value counts as never seen
MAX_VALUES = 62  # of a category, the most frequent; the rest are counted together


class Cells(Protocol):
    """The cells of one measure of one field.

    Attributes:
        is_ordered: whether a cell lies beside the next one, as those of a number do.
        n_proper: how many cells hold proper values; the rest say what else was there.
    """

    @property
    def is_ordered(self) -> bool: ...

    @property
    def n_proper(self) -> int: ...

    @property
    def names(self) -> list[str]:
        """What people call each cell."""
        ...

    def count(self, values: Iterable[Any]) -> np.ndarray:
        """How many of the values fall into each cell, shape (n_cells,), int64."""
        ...

    def to_json(self) -> dict[str, Any]:
        """All of it, to be stored beside the counts."""
        ...


@dataclass(frozen=True, slots=True)
class NumberCells:
    """Bins between cuts, then "no number" and "missing".

    A value falls into the bin below the first cut that is not smaller: ``(cuts[i - 1], cuts[i]]``. A value
    that many cases share has a bin of its own, between a cut at it and one at the next smaller number: were
    what lies below it in the same bin, nobody would see it fall.

    Attributes:
        cuts: strictly increasing, finite; as many as bins, less one.
    """

    cuts: tuple[float, ...]

    def __post_init__(self) -> None:
        cuts = np.asarray(self.cuts, dtype=np.float64)
        if not np.isfinite(cuts).all() or (np.diff(cuts) <= 0).any():
            raise ValueError("cuts must be finite and increase")

    @classmethod
    def learn(cls, reference: Sequence[float], n_bins: int = N_BINS) -> Self:
        """Cut at the quantiles of a reference, NaN left out, and on both sides of values that recur often."""
        known = np.asarray(reference, dtype=np.float64)
        known = np.sort(known[np.isfinite(known)])
        if not len(known):
            return cls(())
        # The quantile that is a value: an interpolated one would be a number that no case has.
        places = np.ceil(np.arange(1, n_bins) / n_bins * len(known)).astype(np.intp) - 1
        values, times = np.unique(known, return_counts=True)
        below = np.nextafter(values[times >= OFTEN * len(known)], -np.inf)
        cuts = np.union1d(known[np.maximum(places, 0)], below)
        return cls(tuple(float(cut) for cut in cuts))

    @property
    def is_ordered(self) -> bool:
        return True

    @property
    def n_proper(self) -> int:
        return len(self.cuts) + 1

    @property
    def names(self) -> list[str]:
        if not self.cuts:
            return ["any number", "no number", "missing"]
        first, last = self.cuts[0], self.cuts[-1]
        between = [f"{low:g} to {high:g}" for low, high in zip(self.cuts, self.cuts[1:], strict=False)]
        return [f"up to {first:g}", *between, f"above {last:g}", "no number", "missing"]

    def is_just_below(self, cut: int) -> bool:
        """Tell whether no number lies between a cut and the next one: what is above it is that one value."""
        after = self.cuts[cut + 1 : cut + 2]
        return bool(after) and float(np.nextafter(self.cuts[cut], np.inf)) == after[0]

    def count(self, values: Iterable[float | None]) -> np.ndarray:
        given = list(values)
        numbers = np.array([np.nan if value is None else value for value in given], dtype=np.float64)
        n_missing = sum(value is None for value in given)
        known = numbers[~np.isnan(numbers)]
        counts = np.zeros(self.n_proper + 2, dtype=np.int64)
        counts[: self.n_proper] = np.bincount(
            np.searchsorted(np.asarray(self.cuts), known, side="left"), minlength=self.n_proper
        )
        counts[-2] = len(given) - n_missing - len(known)
        counts[-1] = n_missing
        return counts

    def to_json(self) -> dict[str, Any]:
        return {"cuts": list(self.cuts)}


@dataclass(frozen=True, slots=True)
class CategoryCells:
    """One cell for each frequent value, then "rare ones", "never seen before" and "missing".

    Attributes:
        values: the frequent ones, the most frequent first.
        rare: those that the reference held as well.
    """

    values: tuple[str, ...]
    rare: frozenset[str] = frozenset()

    @classmethod
    def learn(cls, reference: Iterable[str | None], max_values: int = MAX_VALUES) -> Self:
        """Take the values of a reference; equally frequent ones in the order of their letters."""
        seen = Counter(value for value in reference if value is not None)
        ordered = sorted(seen, key=lambda value: (-seen[value], value))
        return cls(tuple(ordered[:max_values]), frozenset(ordered[max_values : max_values + MAX_RARE]))

    @property
    def is_ordered(self) -> bool:
        return False

    @property
    def n_proper(self) -> int:
        return len(self.values) + 1

    @property
    def names(self) -> list[str]:
        return [*self.values, "rare ones", "never seen before", "missing"]

    def count(self, values: Iterable[str | None]) -> np.ndarray:
        place = {value: i for i, value in enumerate(self.values)}
        n = len(self.values)
        counts = np.zeros(n + 3, dtype=np.int64)
        for value, times in Counter(values).items():
            if value is None:
                counts[n + 2] += times
            elif (at := place.get(value)) is not None:
                counts[at] += times
            else:
                counts[n if value in self.rare else n + 1] += times
        return counts

    def to_json(self) -> dict[str, Any]:
        return {"values": list(self.values), "rare": sorted(self.rare)}


def cells_from_json(stored: dict[str, Any]) -> NumberCells | CategoryCells:
    """Return cells as they were stored.

    Raises:
        ValueError: it is neither kind.
    """
    if "cuts" in stored:
        return NumberCells(tuple(float(cut) for cut in stored["cuts"]))
    if "values" in stored:
        return CategoryCells(tuple(stored["values"]), frozenset(stored["rare"]))
    raise ValueError(f"neither cuts nor values: {sorted(stored)}")


def number_or_none(value: object) -> float | None:
    """A measure's number: None where there is nothing, NaN where there is something else.

    >>> number_or_none(None), number_or_none("12"), number_or_none(True), number_or_none(3)
    (None, nan, nan, 3.0)
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return float("nan")
    number = float(value)
    return number if not isnan(number) else float("nan")
