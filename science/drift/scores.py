"""Do the latest scores come from where the first ones came from? A test that may be looked at often.

The largest gap between two distribution functions, against a bound so strict (1 in 100,000 a look) that
looking after every few cases for a year raises hardly any false sign. A sign proves nothing either way:
scores move without errors, and errors come without scores moving.

Source: the two-sample statistic of Smirnov (1939), with the bound of Dvoretzky, Kiefer and Wolfowitz in the
two-sample form of Wei and Dudley (2012).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

REFERENCE = 1_000  # scores that the latest are compared with
MIN_RECENT = 400  # of the latest
DOUBT = 1e-5  # chance of a false sign, a look
_KEPT = 200  # quantiles that stand for the reference: off by half of one in 200 at most


@dataclass(frozen=True, slots=True, eq=False)
class Quantiles:
    """A sample's distribution, kept small: `values` are `_KEPT` quantiles of `n` scores."""

    values: np.ndarray
    n: int

    @classmethod
    def of(cls, scores: np.ndarray) -> "Quantiles":
        """Quantiles of scores, shape (n_scores,)."""
        levels = (np.arange(_KEPT) + 0.5) / _KEPT
        return cls(np.quantile(scores, levels, method="inverted_cdf"), len(scores))

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"values": self.values.tolist(), "n": self.n}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Quantiles":
        """What `to_json` described."""
        return cls(np.array(kept["values"]), int(kept["n"]))


def differ(reference: Quantiles, recent: np.ndarray) -> tuple[float, bool]:
    """Return the largest gap between the distribution functions, and whether it is more than chance.

    >>> rng = np.random.default_rng(0)
    >>> first = Quantiles.of(rng.beta(4, 1, 1000))
    >>> differ(first, rng.beta(4, 1, 400))[1], differ(first, rng.beta(2, 1, 400))[1]
    (False, True)
    """
    at = np.union1d(reference.values, recent)
    of_reference = np.searchsorted(reference.values, at, side="right") / len(reference.values)
    of_recent = np.searchsorted(np.sort(recent), at, side="right") / len(recent)
    gap = float(np.abs(of_reference - of_recent).max())
    chance = np.sqrt(np.log(2 / DOUBT) / 2 * (1 / reference.n + 1 / len(recent)))
    return gap, bool(gap > chance + 0.5 / _KEPT)
