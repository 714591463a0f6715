"""The two martingales of the error budget, and where they put the ends of the interval.

Decision i costs x_i in [0, 1] (an error: 1), and a draw of ours audits it with probability pi_i. x_i and
pi_i may depend on everything before the draw, earlier draws and answers too, but not on the draw. W is the
sum of all x so far, K that of the audited ones. For a fixed b > 0,

    N(b) = product over decisions of (1 + b x (1 - audited / pi))

has mean 1 whatever the x, the pi and the number of decisions do, because every factor has mean 1 given the
past. It is positive while b < rho / (1 - rho), where rho is a lower bound of every pi, declared beforehand.
As (1 + b)^x <= 1 + b x,

    (1 + b)^(W - K) x product over audited of (1 - b x (1 / pi - 1))

is at most N(b), equal to it where x is 0 or 1, and needs of the decisions that nobody audited only the sum
of their x. Its mean over a few b fixed beforehand reaches 1 / delta, ever, with probability at most delta.
It grows with W: every w at which it reaches 1 / delta is refuted. A b between -1 and 0 refutes, by the same
argument, every w that is too small.

Reviewers who miss an error, whatever came before, with a probability of at most m see it with at least q =
pi (1 - m). With q in place of pi the factors above have means of at most 1. The lower end keeps pi: missed
errors only lower it.

Source: Ville (1939); mixtures of bets as in Waudby-Smith and Ramdas (2024), section 4. For one constant pi
the factors are likelihood ratios of draws that find errors with probability pi (1 - b (1 - pi) / pi)
against pi.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from science.guarantee.betting import log_mean_exp

# At one constant rate the bet c * rho / (1 - rho) is best if the true W is (1 - c) of the w to be refuted.
# Most is staked on the c that is best for the errors expected; the others are for when there are more, or
# none.
_ABOVE_SHARES = np.array([0.07, 0.15, 0.7, 0.08])
_MANY, _MORE, _FEW = 0.1, 0.4, 0.95
_FOCUSES = np.arange(0.04, 0.951, 0.01)

# Below it is best if W is 1 + c times w; the large ones are for rates that were raised far above rho.
_BELOW = np.array([0.2, 0.6, 1.5, 4.0])
_BELOW_SHARES = np.array([0.2, 0.3, 0.3, 0.2])

_LARGEST_ABOVE, _LARGEST_BELOW = 1e6, 0.9
_STEPS = 8  # exact to the last bits after five
N_BETS = _BELOW.size
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Bets:
    """What is bet against a value of W, and with which shares; fixed before the first decision.

    Attributes:
        values: the b, above 0 against large W and between -1 and 0 against small; shape (n_bets,).
        shares: of the stake, summing to 1; shape (n_bets,).
    """

    values: np.ndarray
    shares: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """Plain values: what was fixed must not follow a later version of this code."""
        return {"values": self.values.tolist(), "shares": self.shares.tolist()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Bets":
        """The bets that `to_json` described."""
        return cls(np.asarray(data["values"], dtype=np.float64), np.asarray(data["shares"], dtype=np.float64))


def bets_above(rate: float, expected_seen: float = 5.0, delta: float = 0.05) -> Bets:
    """Bets against "W is at least w"; any are valid that were fixed beforehand.

    Args:
        rate: lowest chance that an error is seen: rho (1 - m).
        expected_seen: audited errors expected in the period; where the end should be sharpest.
        delta: of the upper end.
    """
    odds = min(_odds(rate), _LARGEST_ABOVE)
    needed = -np.log(_ABOVE_SHARES[2] * delta) - expected_seen * np.log1p(-_FOCUSES)
    best = float(_FOCUSES[np.argmin(needed / np.log1p(_FOCUSES * odds))])
    return Bets(np.array([_MANY * best, _MORE * best, best, _FEW]) * odds, _ABOVE_SHARES)


def bets_below(rate: float) -> Bets:
    """Bets against "W is at most w"."""
    return Bets(-np.minimum(_BELOW * _odds(rate), _LARGEST_BELOW), _BELOW_SHARES)


def log_seen(losses: np.ndarray, rates: np.ndarray, bets: Bets) -> np.ndarray:
    """Logs of the factors of audited losses, shape (n_audits, n_bets).

    Args:
        losses: in [0, 1], shape (n_audits,).
        rates: chance that each was seen: pi (1 - m) above, pi below; shape (n_audits,).
    """
    stakes = np.asarray(losses * (1 / rates - 1))[..., None]
    return np.asarray(np.log1p(-stakes * bets.values))


def evidence(unseen: np.ndarray, log_products: np.ndarray, bets: Bets) -> np.ndarray:
    """Log of the mean martingale if this much is wrong among decisions without an audit, shape (...).

    Args:
        unseen: W - K, shape (...).
        log_products: sums over audits of `log_seen`, shape (..., n_bets).
    """
    return log_mean_exp(log_products + unseen[..., None] * np.log1p(bets.values), np.log(bets.shares))


def unseen_end(log_products: np.ndarray, bets: Bets, delta: float) -> np.ndarray:
    """The W - K at which the mean martingale reaches 1 / delta, shape (...).

    What is at least as large is refuted by bets above, what is at most as large by bets below; there it is
    negative where nothing is refuted.

    Args:
        log_products: as for `evidence`.
        delta: probability with which W may ever lie on the refuted side.

    Nothing seen at a rate of 2 %: at most 230 errors at any moment, against 148 at one look.

    >>> float(np.ceil(unseen_end(np.zeros(4), bets_above(0.02), 0.05)))
    231.0
    """
    # The log is convex and monotone. Newton's method starts where the largest term alone suffices, which is
    # on the refuted side, and stays there: an end is at worst too cautious.
    needed, slopes = -np.log(delta), np.log1p(bets.values)
    fixed = log_products + np.log(bets.shares)
    at = (needed - fixed) / slopes
    w = at.min(axis=-1) if slopes[0] > 0 else at.max(axis=-1)
    for _ in range(_STEPS):
        terms = fixed + w[..., None] * slopes
        top = terms.max(axis=-1, keepdims=True)
        parts = np.exp(terms - top)
        total = parts.sum(axis=-1)
        w = w - (np.log(total) + top[..., 0] - needed) * total / (parts @ slopes)
    return np.asarray(w)


def whole(low: np.ndarray | float, high: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """The whole numbers nearest inside the ends; what rounding alone took away is given back.

    >>> str(whole(0.0, 2.5)[0])
    '0.0'
    """
    return np.ceil(low - _ROUNDING) + 0.0, np.floor(high + _ROUNDING) + 0.0  # a zero has no sign


def _odds(rate: float) -> float:
    return rate / (1 - rate) if rate < 1 else np.inf
