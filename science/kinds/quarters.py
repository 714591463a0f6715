"""Four slices of about the same size, of anything that has a size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from science.kinds.traits import Slice

_PARTS = 4


def quarters(values: np.ndarray, unit: str = "") -> Iterator[Slice]:
    """Quarters of a number, cut where values change; equal values stay together, NaN is in none."""
    known = values[~np.isnan(values)]
    if not len(known):
        return
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, _PARTS + 1)[1:-1], method="nearest"))
    place = np.where(np.isnan(values), -1, np.searchsorted(cuts, values, "left"))
    for i in range(len(cuts) + 1):
        if i == 0:
            words = f" up to {cuts[0]:g}"
        elif i == len(cuts):
            words = f" above {cuts[-1]:g}"
        else:
            words = f" above {cuts[i - 1]:g}, up to {cuts[i]:g}"
        yield words + unit, place == i
