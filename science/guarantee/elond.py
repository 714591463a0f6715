"""Doubt over many releases: how surely each plan must be proved, so that few of all certificates are false.

The t-th frozen plan passes when its e-value, at any stopping time, reaches ``1 / alpha_t`` with

    alpha_t = delta * gamma_t * (issued + 1)

where `issued` counts the full certificates given before the plan was frozen. Every pass earns doubt back, so
an old workflow is not starved: the 63rd plan of a workflow half of whose plans passed needs 1.3 times the
evidence of the first (ADR 0044).

Why it holds. Let plan t be false (its risk is too high) and pass. Then the number of certificates R_T at any
later moment T is at least ``issued_t + 1``, and as ``1[e >= 1/alpha] <= alpha e``,

    share of false ones at T = sum over false t <= T of 1[t passed] / R_T
                            <= sum over false t of alpha_t e_t / (issued_t + 1) = delta * sum gamma_t e_t,

whose expectation is at most delta. The bound does not name T, so it holds at the worst moment of a life too.
Plans may share labels, overlap in time or be chosen by looking at what came before: only ``E[e_t] <= 1`` is
used. What it asks of those who count:

- t counts every frozen plan at its freeze: abandoned, refused and recovery tests too;
- alpha_t is frozen with the plan. The first moment at which wealth reaches the *same* 1 / alpha_t is a
  stopping time, so a peak that was reached stays reached (`sequential`). An alpha raised by later
  certificates may meet only the wealth of now, never an earlier peak;
- a plan is one: its walk is false when the first bad cutoff on it passes, and that has one wealth. Labels of
  a plan per label share alpha_t (alpha_t / C each, `Share.per_label`), the plan counts once, and it is false
  if one of them is;
- a test of fixed size is ``1[p <= alpha_t] / alpha_t``, an e-value only for the alpha_t of its start.

The series. gamma_t is proportional to ``f(t + 3) = 1 / ((t + 3) ln^2(t + 3))``. f is convex, so each term is
at most its integral over the unit interval around it (Hermite, Hadamard): beyond N terms the sum is at most
``1 / ln(N + 3 + 1/2)``. Dividing by the first 10,000 terms plus that makes the sum of all gamma_t at most
1, and at least 1 - 1e-9: nothing is lost.

Source: Xu and Ramdas (2024), "Online multiple testing with e-values", e-LOND and theorem 1; LOND, Javanmard
and Montanari (2018); the series as in Ramdas, Yang, Wainwright and Jordan (2017), section 4.
"""

import math
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from science.guarantee.ranges import check_inside

_SHIFT = 3  # flattens the beginning: without it the second plan would get a fifth of what the first gets
_TERMS = 10_000


@cache
def _total() -> float:
    """Upper bound of the sum of f(t + 3) over all t >= 1, within 1e-9 of it."""
    first = math.fsum(_term(t) for t in range(1, _TERMS + 1))
    return first + 1 / math.log(_TERMS + _SHIFT + 0.5)


def _term(t: int) -> float:
    return 1 / ((t + _SHIFT) * math.log(t + _SHIFT) ** 2)


def gamma(t: int) -> float:
    """Share of the doubt that belongs to the t-th plan before anything is earned back; sums to 1.

    Raises:
        ValueError: t is below 1.

    >>> round(gamma(1), 3), round(gamma(63) / gamma(1), 4)
    (0.164, 0.0066)
    """
    if t < 1:
        raise ValueError(f"Plans are counted from 1, not {t}.")
    return _term(t) / _total()


@dataclass(frozen=True, slots=True)
class Share:
    """What one plan may spend; frozen with it.

    Attributes:
        number: t, of the plan among all frozen ones, from 1.
        issued: full certificates given before it was frozen.
        alpha: probability of passing if it is false is at most this.
    """

    number: int
    issued: int
    alpha: float

    @property
    def needed(self) -> float:
        """The e-value with which the plan passes."""
        return 1 / self.alpha

    def per_label(self, n_labels: int) -> float:
        """The alpha of each label's test, when a plan promises each of `n_labels` labels by itself."""
        if n_labels < 1:
            raise ValueError(f"A plan per label needs at least one label, not {n_labels}.")
        return self.alpha / n_labels


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a workflow has tried and what it has proved: two integers, and all that e-LOND remembers.

    Attributes:
        frozen: plans frozen so far.
        issued: how many of them became full certificates; one that ended later still counts.

    >>> life = Doubt()
    >>> life, first = life.freeze(delta=0.05)
    >>> round(first.alpha, 4), round(first.needed, 1)
    (0.0082, 121.9)
    >>> life = life.issue()
    >>> life, second = life.freeze(delta=0.05)
    >>> life, second.number, second.issued, second.alpha > first.alpha
    (Doubt(frozen=2, issued=1), 2, 1, True)
    """

    frozen: int = 0
    issued: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.issued <= self.frozen:
            raise ValueError(
                f"issued = {self.issued} must lie in [0, {self.frozen}]: a plan is frozen first."
            )

    def freeze(self, *, delta: float) -> tuple["Doubt", Share]:
        """Count one more plan, and say what it may spend.

        Args:
            delta: mean share of false certificates that is permitted over a workflow's life. Where plans were
                given different ones, only the largest is proved.

        Raises:
            ValueError: delta is outside (0, 1).
        """
        check_inside(delta=delta)
        number = self.frozen + 1
        return Doubt(number, self.issued), Share(
            number, self.issued, delta * gamma(number) * (self.issued + 1)
        )

    def issue(self) -> "Doubt":
        """Count one more full certificate; once for each plan, however far its walk gets later."""
        return Doubt(self.frozen, self.issued + 1)

    def to_json(self) -> dict[str, Any]:
        """State as two integers."""
        return asdict(self)

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> "Doubt":
        """The state that `to_json` described."""
        return cls(int(state["frozen"]), int(state["issued"]))
