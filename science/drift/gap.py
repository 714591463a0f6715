"""Does the model err as its scores say it would? Errors beside those that calibrated scores predict.

What is predicted moves with the cases; what is found beside it moves with what is right. So a change of the
first is one of the data, and a gap between the two one of the concept.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

import numpy as np
from scipy import stats

MIN_LABELS = 50
MIN_PREDICTED = 1.0  # errors, below which nothing can be said of how often they come


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors among some labelled cases: how many were found, and how many their scores predict.

    Attributes:
        predicted: sum of the probabilities that the model gives to being wrong.
    """

    n: int
    found: float
    predicted: float

    @property
    def share(self) -> float:
        """Of the cases, wrong; 0 without any."""
        return self.found / self.n if self.n else 0.0

    @property
    def is_enough(self) -> bool:
        """Whether there are enough to say anything."""
        return self.n >= MIN_LABELS and self.predicted >= MIN_PREDICTED


@dataclass(frozen=True, slots=True)
class Gap:
    """Errors now beside those of the release.

    Attributes:
        expected: share of wrong ones among the cases of now, if it erred as at its release.
        found: share that is wrong.
        times: by how much more often it errs than its scores say, as a multiple of how often it did then;
            `low` to `high` with 95 % confidence.
        p_value: chance of so many errors or more if nothing has changed.
        needed: how much more than expected would have to be wrong for a p-value of the level asked for.
    """

    expected: float
    found: float
    times: float
    low: float
    high: float
    p_value: float
    needed: float


def gap(release: Errors, now: Errors, *, level: float) -> Gap | None:
    """Hold errors against those of the release; None where there are too few labels on either side.

    Notes:
        Were both Poisson with the same ratio of found to predicted, those of now would be a binomial draw of
        all (Przyborowski and Wilenski, Biometrika 31, 1940); sums of independent errors vary less (Hoeffding,
        Ann. Math. Stat. 27, 1956), so that the test is on the safe side. The ends of the interval are those
        of Clopper and Pearson. Nothing is gained by a release that looked better than its own scores: its
        cutoffs were chosen where few errors lay, so at least those that were predicted are taken.
    """
    if not release.is_enough or not now.is_enough:
        return None
    then = ceil(max(release.found, release.predicted) - 1e-9)
    here = int(now.found)
    share = now.predicted / (now.predicted + release.predicted)
    p = float(stats.binom.sf(here - 1, then + here, share))
    counts = np.arange(now.n + 1)
    beyond = stats.binom.sf(counts - 1, then + counts, share) <= level
    most = int(np.argmax(beyond)) if beyond.any() else now.n
    low = float(stats.beta.ppf(0.025, here, then + 1)) if here else 0.0
    high = float(stats.beta.ppf(0.975, here + 1, then))
    scale = release.predicted / now.predicted

    def times(part: float) -> float:
        return part / (1 - part) * scale if part < 1 else inf

    rate = then / release.predicted
    expected = min(1.0, rate * now.predicted / now.n)
    return Gap(
        expected=expected,
        found=now.share,
        times=here / now.predicted / rate,
        low=times(low),
        high=times(high),
        p_value=min(1.0, p),
        needed=max(0.0, most / now.n - expected),
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """How often the model would be wrong by its own scores; no proof of anything.

    Attributes:
        low, high: as far as the labels of its release bound how often its scores err (95 %).
    """

    value: float
    low: float
    high: float


def estimated(release: Errors, predicted: float) -> Estimate | None:
    """Correct a mean predicted error by how often the release erred beside its own scores.

    The interval is Garwood's (Biometrika 28, 1936), of the number of errors at the release. It knows of no
    change since: where what is right has moved, both ends are wrong, and no score says so.
    """
    if not release.is_enough:
        return None
    low = stats.chi2.ppf(0.025, 2 * release.found) / 2 if release.found else 0.0
    high = stats.chi2.ppf(0.975, 2 * release.found + 2) / 2
    value, low, high = (
        min(1.0, predicted * float(errors) / release.predicted) for errors in (release.found, low, high)
    )
    return Estimate(value, low, high)
