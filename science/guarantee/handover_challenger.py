"""What a challenger pays for: blind labels of the cases in which it differs, as a bet on what they cost.

The second of the two games of `handover`. Wealth is a sum over kinds of cases (not decided, decided alike or
right, wrong), so what is kept are counts, and a block of a million cases costs one pass.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from science.guarantee.betting import log_mean_exp
from science.guarantee.handover_plan import BETS, POINTS, HandoverPlan
from science.guarantee.losses import check_losses

_SHARES = np.log([0.25, 0.25, 0.25, 0.10, 0.10, 0.03, 0.02])  # of the stake lean to few errors in D
_ALL_BUT = 1e-12
# Beliefs about D before it is known, for outlooks only: so many cases, of which so many were wrong.
_BELIEVED_LABELS, _BELIEVED_WRONG = 10.0, 0.4
_BELIEVED_CASES = 200.0

Kind = tuple[float, float, float, bool]  # cases decided, cases, seen wrong in D, whether it may only take


@dataclass(frozen=True, slots=True)
class Traffic:
    """A closed block of cases, checked; arrays have shape (n_cases,).

    Attributes:
        decides: whether the challenger would decide each.
        differs: whether it is in D.
        wrong: loss in D as seen; 0 outside.
        clusters: name of each one's cluster; None says that nothing is related.

    Raises:
        ValueError: something is missing or out of range.
    """

    decides: np.ndarray
    differs: np.ndarray
    wrong: np.ndarray
    clusters: list[Hashable] | None

    @classmethod
    def checked(
        cls,
        decides: np.ndarray,
        differs: np.ndarray,
        wrong: np.ndarray,
        clusters: Sequence[Hashable] | np.ndarray | None,
    ) -> "Traffic":
        """The block, of what `Handover.add_block` was given."""
        decides, differs = _flags(decides, "decides"), _flags(differs, "differs")
        seen = np.asarray(wrong, dtype=np.float64)
        if not decides.shape == differs.shape == seen.shape or decides.ndim != 1:
            raise ValueError("decides, differs and wrong must be as many.")
        if np.any(differs & ~decides):
            raise ValueError("The challenger must decide every case in which it differs.")
        if clusters is not None and len(clusters) != decides.size:
            raise ValueError("clusters must be as many as cases.")
        names = None if clusters is None else _names(clusters)
        return cls(decides, differs, check_losses(np.where(differs, seen, 0.0)), names)


@dataclass(slots=True)
class ChallengerEvidence:
    """What is known of the challenger since its freeze.

    Attributes:
        cases, decided: all, and those that it would decide.
        labels: cases of D, all labelled.
        wrong: sum of seen losses in D.
        kinds: bets by what they depend on, and how often each was made.
        met: clusters that had a case in D.
    """

    plan: HandoverPlan
    cases: int = 0
    decided: int = 0
    labels: int = 0
    wrong: float = 0.0
    kinds: Counter[Kind] = field(default_factory=Counter)
    met: set[Hashable] = field(default_factory=set)

    def take(self, block: Traffic) -> None:
        """Take in a closed block."""
        self.cases += block.decides.size
        self.labels += int(block.differs.sum())
        self.wrong += float(block.wrong.sum())
        self.decided += int(block.decides.sum())
        if block.clusters is None:
            self._take_singles(block)
        else:
            self._take_clusters(block, block.clusters)

    def log_wealth(self) -> np.ndarray:
        """Log of e_D(s) at `POINTS`, shape (100,)."""
        return log_mean_exp(self._gains(), _SHARES)

    def expected(self, more: np.ndarray, *, is_right: bool) -> np.ndarray:
        """The same after so many more cases if they go as believed, shape (n_outlooks, 100).

        Args:
            more: shape (n_outlooks,).
            is_right: believe that no case of D will be wrong.
        """
        per_case = self._believed_gain(0.0 if is_right else self._believed_risk)
        return log_mean_exp(self._gains() + more[:, None, None] * per_case, _SHARES)

    def believed_shares(self) -> tuple[float, float]:
        """Shares of traffic that it decides, and in which it differs."""
        plan, of = self.plan, self.cases + _BELIEVED_CASES
        share = (self.decided + plan.coverage * _BELIEVED_CASES) / of
        return share, min(share, (self.labels + plan.differs * _BELIEVED_CASES) / of)

    def to_json(self) -> dict[str, Any]:
        """State as plain values; the plan is stored apart."""
        return {
            "cases": self.cases,
            "decided": self.decided,
            "labels": self.labels,
            "wrong": self.wrong,
            "kinds": [[*kind, count] for kind, count in self.kinds.items()],
            "met": list(self.met),
        }

    @classmethod
    def from_json(cls, plan: HandoverPlan, state: dict[str, Any]) -> "ChallengerEvidence":
        """The evidence that `to_json` described."""
        kinds = Counter({(n, k, y, only): count for n, k, y, only, count in state["kinds"]})
        counts = {name: state[name] for name in ("cases", "decided", "labels", "wrong")}
        return cls(plan, **counts, kinds=kinds, met=set(state["met"]))

    def _gains(self) -> np.ndarray:
        """Log wealth of each bet at each s, shape (100, n_bets)."""
        gains = np.zeros((POINTS.size, BETS.size))
        for kind, count in self.kinds.items():
            gains += count * self._gain(kind)
        return gains

    @property
    def _believed_risk(self) -> float:
        return (self.wrong + _BELIEVED_WRONG) / (self.labels + _BELIEVED_LABELS)

    def _believed_gain(self, risk: float) -> np.ndarray:
        """Expected log gain of one case, shape (100, n_bets), if so much of D is wrong."""
        share, differs = self.believed_shares()
        gain = (1 - share) * self._gain((0.0, 1.0, 0.0, False))
        gain = gain + (share - differs * risk) * self._gain((1.0, 1.0, 0.0, False))
        return np.asarray(gain + differs * risk * self._gain((1.0, 1.0, 1.0, False)))

    def _take_singles(self, block: Traffic) -> None:
        decides, seen = block.decides, block.wrong
        bad, counts = np.unique(seen[seen > 0], return_counts=True)
        kinds = {(1.0, 1.0, y, False): n for y, n in zip(bad.tolist(), counts.tolist(), strict=True)}
        right = int(decides.sum()) - int(counts.sum())
        kinds |= {(0.0, 1.0, 0.0, False): int((~decides).sum()), (1.0, 1.0, 0.0, False): right}
        self.kinds.update(kinds)

    def _take_clusters(self, block: Traffic, clusters: list[Hashable]) -> None:
        ids, of = np.unique(np.asarray(clusters), return_inverse=True)
        columns = (block.decides, np.ones(of.size), block.wrong, block.differs)
        n, k, y, d = (np.bincount(of, each) for each in columns)
        names = ids.tolist()
        known = np.array([name in self.met for name in names], dtype=bool)
        sums, counts = np.unique(np.column_stack([n, k, y, known]), axis=0, return_counts=True)
        self.kinds.update(
            {
                (a, b, c, bool(only)): m
                for (a, b, c, only), m in zip(sums.tolist(), counts.tolist(), strict=True)
            }
        )
        self.met.update(names[i] for i in np.flatnonzero(d))

    def _gain(self, kind: Kind) -> np.ndarray:
        """Log gain of one bet, shape (100, n_bets)."""
        n, k, y, only_takes = kind
        plan = self.plan
        total = (1 - plan.miss_bound) * plan.target * (n - k * POINTS[:, None]) - y
        total = np.where(total > 0, total / max(plan.cluster_cap, k), total / plan.cluster_cap)
        if only_takes:
            total = np.minimum(total, 0.0)
        return np.asarray(np.log1p(np.maximum(BETS * total, _ALL_BUT - 1)))


def _flags(values: np.ndarray, name: str) -> np.ndarray:
    flags = np.asarray(values)
    if flags.dtype != np.bool_:
        raise ValueError(f"{name} must be true or false for every case.")
    return flags


def _names(clusters: Sequence[Hashable] | np.ndarray) -> list[Hashable]:
    """Names that are the same in every block and after a restart: a NaN, or "7" for 7, would be new again."""
    names = clusters.tolist() if isinstance(clusters, np.ndarray) else list(clusters)
    kinds = set(map(type, names))
    if not (all(issubclass(k, str) for k in kinds) or kinds <= {int}):
        raise ValueError("clusters must all be strings or all integers.")
    return names
