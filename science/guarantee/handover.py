"""Handover: a challenger inherits its champion's evidence where both decide alike, and pays where not.

Let D be the cases that the challenger would decide and the champion would not, or otherwise. On the same
traffic every wrong decision of the challenger is one of the champion's, or lies in D, whatever it was
trained on. So per case of traffic, with r the champion's wrong decisions, y = [in D and wrong] and
n = [the challenger would decide it],

    risk of the challenger > target   implies   E[y] > target E[n] - r.

**Two games for each s in (0, target].** With bets b in (0, 1] that are the same for all s:

- champion, against "r >= s", over all cases since its window began: ``1 - b (u - s')``, where u is the loss
  of an audited case times floor / pi and 0 for all others, ``s' = floor (1 - m) s``;
- challenger, against "E[y] >= target E[n] - s", over all cases since its freeze, each case of D labelled
  blind: ``1 + b ((1 - m) (target n - s) - y)``. The smallest is ``1 - b (1 - (1 - m) (target - s)) > 0``, so
  b may be as large as 1 for every s up to the target.

m bounds how many errors reviewers miss: what is seen of an error rate is at least 1 - m of it (`misses`).

**One e-value, without a grid that has to be declared.** Both games have constant bets, so the champion's
wealth e_c(s) grows with s and the challenger's e_D(s) falls. Let r be the champion's true risk and the
challenger's above the target. Then e_c(r) and e_D(r) are both fair games, and for every s

    min(w e_c(s), (1 - w) e_D(s)) <= w e_c(r) if s <= r,   <= (1 - w) e_D(r) if s >= r,

so ``e = max over s of min(w e_c(s), (1 - w) e_D(s)) <= w e_c(r) + (1 - w) e_D(r)`` has a mean of at most 1 at
any stopping time: s may be chosen last, with all evidence in sight. Both wealths are those of now: a peak
that the champion reached before it drifted is worth nothing. What the choice of s costs is w. A mean over a
declared grid is valid as well, but costs up to the log of its number of points, and is no e-value if the grid
was chosen by looking at the champion's evidence, which exists when the challenger is frozen.

Wealth is a sum over kinds of cases (not decided, decided alike or right, wrong), so what is kept are counts,
and a block of a million cases costs one pass.

**A champion that drifts.** That it errs alike over both windows is an assumption, and only recent audits
could replace it: of a jump at the very freeze some thirty audits know by the time that it is over. But what
the audits do show must not be overlooked: a champion that rose from .3 to .9 % in the middle of its window is
.6 % on average, and inheriting that was wrong in 11 % of runs. So nothing is handed over while its errors
come late, by Laplace's test: if nothing changes, each lies anywhere among the audits. A further condition can
only make false handovers rarer. It costs at most 5 % of the true ones.

Assumes that the champion errs alike over both windows; that its window began at a moment chosen without
looking at this evidence (its own freeze, or a date of the calendar: the last 90 days counted back from a
moment that somebody chose are the best of many); that it did not inherit its own standing from a bound that
is used here again; cases independent, or clusters as in `clustered`: draws of a cluster make one bet in a
block, and a cluster that was met in D can later only take.

Source: the union of two e-processes over a nuisance parameter as in universal inference by Wasserman, Ramdas
and Balakrishnan (2020), section 6, and Ramdas, Grunwald, Vovk and Shafer (2023), section 3.3 (a composite
null is tested by the smallest e-value over its parts); bets as in `betting`; the trend of a Poisson process:
Cox and Lewis (1966), section 3.3.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from science.guarantee.betting import SHRINK, log_mean_exp

ASSUMPTION = "The champion's error rate is unchanged over both windows."

# Bets 1 - SHRINK: shares of the champion's stake lean to where its bound will lie, those of D to few errors.
_BETS = 1 - SHRINK
_CHAMPION_SHARES = np.log([0.02, 0.03, 0.08, 0.27, 0.30, 0.25, 0.05])
_CHALLENGER_SHARES = np.log([0.25, 0.25, 0.25, 0.10, 0.10, 0.03, 0.02])
_WEIGHT = 0.7  # of the champion's wealth: its evidence is scarce, the challenger's grows with every case
_POINTS = np.linspace(0.01, 1, 100)  # of the target; where s is looked for
_LATE = 1.645  # standard deviations by which errors may come late: one steady champion in twenty
_ALL_BUT = 1e-12
_ROUNDING = 1e-9
# Beliefs about D before it is known, for outlooks only: so many cases, of which so many were wrong.
_BELIEVED_LABELS, _BELIEVED_WRONG = 10.0, 0.4
_BELIEVED_CASES = 200.0

Kind = tuple[float, float, float, bool]  # cases decided, cases, seen wrong in D, whether it may only take


class InvalidEvidence(ValueError):
    """Evidence must be complete: losses in [0, 1], pi in [floor, 1], D among what the challenger decides."""


@dataclass(frozen=True, slots=True)
class HandoverPlan:
    """What a handover must prove; frozen with the challenger.

    Attributes:
        target, delta: the promise, and the doubt that this plan may spend (`elond`).
        pi_floor: lowest inclusion probability of the champion's audits.
        miss_bound: m, upper bound for the share of errors that reviewers miss; its own doubt is not in delta.
        cluster_cap: most cases of one cluster in a block.
        coverage, differs: shares of traffic that the challenger is expected to decide, and to decide where or
            as the champion would not; beliefs, for outlooks only.
        horizon: cases within which a handover is worth waiting for; for outlooks only.
    """

    target: float
    delta: float
    pi_floor: float
    miss_bound: float = 0.0
    cluster_cap: float = 1.0
    coverage: float = 0.5
    differs: float = 0.05
    horizon: int = 100_000

    def __post_init__(self) -> None:
        inside = 0 < self.target < 1 and 0 < self.delta < 1 and 0 < self.pi_floor <= 1
        if not (inside and 0 <= self.miss_bound < 1 and 1 <= self.cluster_cap < np.inf):
            raise InvalidEvidence(
                "target, delta and pi_floor lie in (0, 1), miss_bound in [0, 1), cluster_cap from 1 on."
            )

    def to_json(self) -> dict[str, Any]:
        """Plain values; floats survive JSON exactly."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "HandoverPlan":
        """The plan that `to_json` described."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The challenger keeps the promise, with the champion's evidence and its own.

    Attributes:
        e_value: evidence when it sufficed, at least 1 / delta.
        champion_bound: s, at which both games agree: the champion is wrong in at most so many cases of
            traffic.
        cases, labels: since the challenger's freeze: all cases, and those of D that were labelled.
        assumes: what a certificate must say beside it.
    """

    e_value: float
    champion_bound: float
    cases: int
    labels: int
    assumes: str = ASSUMPTION
    status: Literal["handed_over"] = "handed_over"


@dataclass(frozen=True, slots=True)
class NotYet:
    """The evidence does not suffice yet.

    Attributes:
        e_value: evidence now.
        cases, labels: so far.
        more_cases, more_labels: expected until it suffices, if all goes on as it looks; None if that is not
            within the horizon.
        drifting: whether the champion's errors come too late in its window to inherit from it; a window that
            begins anew, or a test of the challenger's own, is the way on.
    """

    e_value: float
    cases: int
    labels: int
    more_cases: int | None
    more_labels: int | None
    drifting: bool = False
    status: Literal["not_yet"] = "not_yet"


@dataclass(frozen=True, slots=True)
class NoSlack:
    """The champion errs too much, or is known too little, for anybody to inherit from it within the horizon.

    Even a challenger without a single error in D would not get there. The ways left are the provisional
    quarter and a test of its own.

    Attributes:
        champion_risk: estimated wrong decisions per case of traffic.
        allowed: target times the share that the challenger decides.
    """

    e_value: float
    cases: int
    labels: int
    champion_risk: float
    allowed: float
    status: Literal["no_slack"] = "no_slack"


@dataclass(slots=True)
class Handover:
    """The evidence of one handover.

    Attributes:
        plan: what must be proved.
        cases, labels: since the challenger's freeze.
        wrong: sum of seen losses in D.
        handed_over: what was proved at the first look at which it sufficed; None before.

    >>> rng = np.random.default_rng(0)
    >>> h = Handover(HandoverPlan(target=0.01, delta=0.05, pi_floor=0.02, coverage=0.7, differs=0.01))
    >>> h.inherit(200_000, (rng.random(2800) < 0.003).astype(float), np.full(2800, 0.02))
    >>> h.verdict().status
    'not_yet'
    >>> decides = rng.random(4000) < 0.7
    >>> h.add_block(decides, decides & (rng.random(4000) < 0.01), np.zeros(4000), np.zeros(0), np.zeros(0))
    >>> h.verdict().status
    'handed_over'
    """

    plan: HandoverPlan
    cases: int = field(init=False, default=0)
    labels: int = field(init=False, default=0)
    wrong: float = field(init=False, default=0.0)
    handed_over: HandedOver | None = field(init=False, default=None)
    _champion_cases: int = field(init=False, default=0, repr=False)
    _decided: int = field(init=False, default=0, repr=False)
    _audits: int = field(init=False, default=0, repr=False)
    _trend: np.ndarray = field(init=False, repr=False)  # sums over audits of loss, its square, loss x place
    _errors: Counter[float] = field(init=False, repr=False)  # seen errors of the champion, by their weight
    _kinds: Counter[Kind] = field(init=False, repr=False)
    _met: set[Hashable] = field(init=False, repr=False)  # clusters that had a case in D

    def __post_init__(self) -> None:
        self._errors, self._kinds, self._met = Counter(), Counter(), set()
        self._trend = np.zeros(3)

    def inherit(self, cases: int, losses: np.ndarray, pi: np.ndarray) -> None:
        """Take in what is known of the champion from before the challenger's freeze.

        Args:
            cases: all cases of traffic in the champion's window, audited or not, decided or not.
            losses, pi: of its audited decisions, in their order, shape (n_audits,); one without an answer
                counts as 1.

        Raises:
            InvalidEvidence: something is missing or out of range, or the challenger's cases have begun.
        """
        if self.cases:
            raise InvalidEvidence(
                "What the champion proved before the freeze comes before what came after it."
            )
        self._take_champion(cases, *self._checked(cases, losses, pi))

    def add_block(
        self,
        decides: np.ndarray,
        differs: np.ndarray,
        wrong: np.ndarray,
        champion_losses: np.ndarray,
        champion_pi: np.ndarray,
        clusters: Sequence[Hashable] | np.ndarray | None = None,
    ) -> None:
        """Take in a closed block of traffic since the freeze, every case in order, and look; all or none.

        Args:
            decides: whether the challenger would decide each case, shape (n_cases,).
            differs: whether the case is in D, shape (n_cases,).
            wrong: blind losses of the challenger in [0, 1], shape (n_cases,); read where `differs` only. A
                case of D without an answer counts as 1.
            champion_losses, champion_pi: of the champion's audited decisions in the block, shape (n_audits,):
                all of them, and each of its decisions must have had a chance of at least the floor.
            clusters: of each case, shape (n_cases,); None says that nothing is related.

        Raises:
            InvalidEvidence: something is missing or out of range.
        """
        decides, differs = _flags(decides, "decides"), _flags(differs, "differs")
        seen = np.asarray(wrong, dtype=np.float64)
        if not decides.shape == differs.shape == seen.shape or decides.ndim != 1:
            raise InvalidEvidence("decides, differs and wrong must be as many.")
        if np.any(differs & ~decides):
            raise InvalidEvidence("The challenger must decide every case in which it differs.")
        if clusters is not None and len(clusters) != decides.size:
            raise InvalidEvidence("clusters must be as many as cases.")
        seen = np.where(differs, seen, 0.0)
        _check_losses(seen)
        audits = self._checked(decides.size, champion_losses, champion_pi)
        self._take_champion(decides.size, *audits)
        self.cases += decides.size
        self.labels += int(differs.sum())
        self.wrong += float(seen.sum())
        self._decided += int(decides.sum())
        if clusters is None:
            self._take_singles(decides, seen)
        else:
            self._take_clusters(decides, differs, seen, clusters)
        self._look()

    def log_wealth(self) -> tuple[np.ndarray, np.ndarray]:
        """Logs of e_c(s) and e_D(s), shape (100,) each, at s = 1 ... 100 % of the target."""
        champion = self._champion_gains(self._champion_cases)
        return log_mean_exp(champion, _CHAMPION_SHARES), log_mean_exp(
            self._challenger_gains(), _CHALLENGER_SHARES
        )

    def log_e(self) -> float:
        """Log of the evidence now."""
        return _evidence(*self.log_wealth())[0]

    def lateness(self) -> float:
        """How late the champion's errors come among its audits, in standard deviations; 0 without any."""
        loss, square, placed = self._trend
        if not square or self._audits < 2:
            return 0.0
        spread = np.sqrt(square * (self._audits**2 - 1) / 12)
        return float((placed - loss * (self._audits - 1) / 2) / spread)

    @property
    def is_drifting(self) -> bool:
        """Whether they come too late to be those of a steady champion."""
        return self.lateness() > _LATE

    def verdict(self) -> HandedOver | NotYet | NoSlack:
        """Say where things stand; may be asked after every block. Once handed over it stays so."""
        if self.handed_over:
            return self.handed_over
        e_value = _exp(self.log_e())
        if self.is_drifting:
            return NotYet(e_value, self.cases, self.labels, None, None, drifting=True)
        share, differs = self._believed_shares()
        risk = (self.wrong + _BELIEVED_WRONG) / (self.labels + _BELIEVED_LABELS)
        if self._champion_cases and self._expected(share, differs, 0.0) is None:
            seen = sum(u * count for u, count in self._errors.items())
            champion = seen / (self.plan.pi_floor * (1 - self.plan.miss_bound) * self._champion_cases)
            return NoSlack(e_value, self.cases, self.labels, champion, self.plan.target * share)
        more = self._expected(share, differs, risk) if self._champion_cases else None
        labels = None if more is None else int(np.ceil(more * differs))
        return NotYet(e_value, self.cases, self.labels, more, labels)

    def to_json(self) -> dict[str, Any]:
        """State as plain values; the plan is stored apart."""
        return {
            "cases": self.cases,
            "labels": self.labels,
            "wrong": self.wrong,
            "champion_cases": self._champion_cases,
            "decided": self._decided,
            "audits": self._audits,
            "trend": self._trend.tolist(),
            "errors": [[u, count] for u, count in self._errors.items()],
            "kinds": [[*kind, count] for kind, count in self._kinds.items()],
            "met": list(self._met),
            "passed": asdict(self.handed_over) if self.handed_over else None,
        }

    @classmethod
    def from_json(cls, plan: HandoverPlan, state: dict[str, Any]) -> "Handover":
        """The evidence that `to_json` described; clusters must be strings or integers."""
        restored = cls(plan)
        restored.cases, restored.labels, restored.wrong = state["cases"], state["labels"], state["wrong"]
        restored._champion_cases, restored._decided = state["champion_cases"], state["decided"]
        restored._audits, restored._trend = state["audits"], np.array(state["trend"])
        restored._errors = Counter(dict(state["errors"]))
        restored._kinds = Counter({(n, k, y, only): count for n, k, y, only, count in state["kinds"]})
        restored._met = set(state["met"])
        restored.handed_over = HandedOver(**state["passed"]) if state["passed"] else None
        return restored

    def _checked(self, cases: int, losses: np.ndarray, pi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, rates = np.asarray(losses, dtype=np.float64), np.asarray(pi, dtype=np.float64)
        if x.shape != rates.shape or x.ndim != 1:
            raise InvalidEvidence("losses and pi of the champion's audits must be as many.")
        if x.size > cases:
            raise InvalidEvidence(f"There cannot be {x.size} audits of {cases} cases.")
        _check_losses(x)
        if x.size and not (rates.min() >= self.plan.pi_floor and rates.max() <= 1):
            raise InvalidEvidence(f"pi must lie in [pi_floor, 1] = [{self.plan.pi_floor:g}, 1].")
        return x, rates

    def _take_champion(self, cases: int, x: np.ndarray, pi: np.ndarray) -> None:
        self._champion_cases += int(cases)
        places = self._audits + np.arange(x.size)
        self._trend += np.array([x.sum(), (x**2).sum(), x @ places])
        self._audits += x.size
        weights, counts = np.unique(x[x > 0] * self.plan.pi_floor / pi[x > 0], return_counts=True)
        self._errors.update(dict(zip(weights.tolist(), counts.tolist(), strict=True)))

    def _take_singles(self, decides: np.ndarray, seen: np.ndarray) -> None:
        bad, counts = np.unique(seen[seen > 0], return_counts=True)
        kinds = {(1.0, 1.0, y, False): n for y, n in zip(bad.tolist(), counts.tolist(), strict=True)}
        right = int(decides.sum()) - int(counts.sum())
        kinds |= {(0.0, 1.0, 0.0, False): int((~decides).sum()), (1.0, 1.0, 0.0, False): right}
        self._kinds.update(kinds)

    def _take_clusters(
        self,
        decides: np.ndarray,
        differs: np.ndarray,
        seen: np.ndarray,
        clusters: Sequence[Hashable] | np.ndarray,
    ) -> None:
        ids, of = np.unique(np.asarray(clusters), return_inverse=True)
        n, k, y, d = (np.bincount(of, each) for each in (decides, np.ones(of.size), seen, differs))
        names = ids.tolist()
        known = np.array([name in self._met for name in names], dtype=bool)
        sums, counts = np.unique(np.column_stack([n, k, y, known]), axis=0, return_counts=True)
        self._kinds.update(
            {
                (a, b, c, bool(only)): m
                for (a, b, c, only), m in zip(sums.tolist(), counts.tolist(), strict=True)
            }
        )
        self._met.update(names[i] for i in np.flatnonzero(d))

    def _champion_gains(self, cases: float) -> np.ndarray:
        """Log wealth of each bet at each s, shape (100, n_bets), as if so many cases had gone like these."""
        expected = self.plan.pi_floor * (1 - self.plan.miss_bound) * self.plan.target * _POINTS[:, None]
        gains = (self._champion_cases - self._errors.total()) * np.log1p(_BETS * expected)
        for u, count in self._errors.items():
            gains = gains + count * np.log1p(-_BETS * (u - expected))
        return np.asarray(gains * (cases / max(self._champion_cases, 1)))

    def _challenger_gains(self) -> np.ndarray:
        gains = np.zeros((_POINTS.size, _BETS.size))
        for kind, count in self._kinds.items():
            gains += count * self._gain(kind)
        return gains

    def _gain(self, kind: Kind) -> np.ndarray:
        """Log gain of one bet, shape (100, n_bets)."""
        n, k, y, only_takes = kind
        plan = self.plan
        total = (1 - plan.miss_bound) * plan.target * (n - k * _POINTS[:, None]) - y
        total = np.where(total > 0, total / max(plan.cluster_cap, k), total / plan.cluster_cap)
        if only_takes:
            total = np.minimum(total, 0.0)
        return np.asarray(np.log1p(np.maximum(_BETS * total, _ALL_BUT - 1)))

    def _look(self) -> None:
        if self.handed_over:
            return
        log_e, at = _evidence(*self.log_wealth())
        if log_e >= -np.log(self.plan.delta) and not self.is_drifting:
            bound = float(self.plan.target * _POINTS[at])
            self.handed_over = HandedOver(_exp(log_e), bound, self.cases, self.labels)

    def _believed_shares(self) -> tuple[float, float]:
        """Shares of traffic that the challenger decides, and in which it differs."""
        plan, of = self.plan, self.cases + _BELIEVED_CASES
        share = (self._decided + plan.coverage * _BELIEVED_CASES) / of
        return share, min(share, (self.labels + plan.differs * _BELIEVED_CASES) / of)

    def _expected(self, share: float, differs: float, risk: float) -> int | None:
        """Cases until the evidence suffices if all goes on so; None if not within the horizon."""
        per_case = (1 - share) * self._gain((0.0, 1.0, 0.0, False))
        per_case = per_case + (share - differs * risk) * self._gain((1.0, 1.0, 0.0, False))
        per_case += differs * risk * self._gain((1.0, 1.0, 1.0, False))
        now, needed = self._challenger_gains(), -np.log(self.plan.delta)
        for more in np.geomspace(10, max(self.plan.horizon, 10), 60):
            champion = log_mean_exp(self._champion_gains(self._champion_cases + more), _CHAMPION_SHARES)
            challenger = log_mean_exp(now + more * per_case, _CHALLENGER_SHARES)
            if _evidence(champion, challenger)[0] >= needed:
                return int(np.ceil(more))
        return None


def _evidence(champion: np.ndarray, challenger: np.ndarray) -> tuple[float, int]:
    """Log of the e-value, and where on the points it is."""
    both = np.minimum(champion + np.log(_WEIGHT), challenger + np.log1p(-_WEIGHT))
    at = int(np.argmax(both))
    return float(both[at]), at


def _exp(log_e: float) -> float:
    return float(np.exp(min(log_e, 700.0)))  # what is more is as good


def _flags(values: np.ndarray, name: str) -> np.ndarray:
    flags = np.asarray(values)
    if flags.dtype != np.bool_:
        raise InvalidEvidence(f"{name} must be true or false for every case.")
    return flags


def _check_losses(x: np.ndarray) -> None:
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise InvalidEvidence("Losses must lie in [0, 1]; what has no answer counts as 1.")
