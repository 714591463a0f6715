"""Four slices of about the same size, of anything that has a size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from science.kinds.traits import Common, Slice

_PARTS = 4


def quarters(values: np.ndarray, unit: str = "") -> Iterator[Slice]:
    """Quarters of a number, cut where values change; equal values stay together, NaN is in none."""
    known = values[~np.isnan(values)]
    if not len(known):
        return
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, _PARTS + 1)[1:-1], method="nearest"))
    place = np.where(np.isnan(values), -1, np.searchsorted(cuts, values, "left"))
    for i in range(len(cuts) + 1):
        low, high = float(cuts[i - 1]) if i else None, float(cuts[i]) if i < len(cuts) else None
        yield Common("size", low=low, high=high, unit=unit), place == i
