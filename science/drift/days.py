"""Do some days differ from others? A test whose unit is the day, because cases of one day are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from scipy import stats

MIN_DAYS = 3  # on the side of now
MIN_BEFORE = 7


@dataclass(frozen=True, slots=True)
class DaysDiffer:
    """How the means of days differ.

    Attributes:
        p_value: NaN where there are too few days.
        spread: standard error of the difference of the two means.
        freedom: degrees of it.
    """

    then: float
    now: float
    p_value: float
    spread: float = nan
    freedom: int = 0

    @property
    def is_known(self) -> bool:
        """Whether there are enough days."""
        return not np.isnan(self.p_value)

    def needed(self, level: float) -> float:
        """The difference at which the p-value is `level`; NaN where nothing is known."""
        return float(stats.t.isf(level / 2, self.freedom)) * self.spread if self.is_known else nan


def days_differ(then: Sequence[float], now: Sequence[float]) -> DaysDiffer:
    """Compare the means of days by Student's test of two samples with a common variance.

    A day counts once however many cases it brings: mails come in campaigns, and a thousand of one campaign
    say no more of the next day than a hundred. The variance is taken from the days before as well as from
    those of now, so that a few days of now are enough.
    """
    before, after = np.asarray(then, dtype=np.float64), np.asarray(now, dtype=np.float64)
    means = [float(part.mean()) if len(part) else nan for part in (before, after)]
    if len(before) < MIN_BEFORE or len(after) < MIN_DAYS:
        return DaysDiffer(means[0], means[1], nan)
    freedom = len(before) + len(after) - 2
    squares = ((before - means[0]) ** 2).sum() + ((after - means[1]) ** 2).sum()
    spread = sqrt(squares / freedom * (1 / len(before) + 1 / len(after)))
    if spread <= 1e-12:
        p = 1.0 if abs(means[0] - means[1]) <= 1e-12 else 0.0
        return DaysDiffer(means[0], means[1], p, spread, freedom)
    p = float(2 * stats.t.sf(abs(means[1] - means[0]) / spread, freedom))
    return DaysDiffer(means[0], means[1], p, spread, freedom)
