"""Worlds that change under a model in service, and what it delivers until the rules of the service act.

One case after another, many lives at once. What the rules are is `science.guarantee`'s; what is simplified is
the way back: after an alarm people decide everything until a model has learned from `LEARNED` labels since
then, then a quarter is automated until as many accepted labels are there as a test takes, and if the model
was healthy meanwhile everything it accepts is automated again, else it learns once more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from science.guarantee import surprise
from science.guarantee.audits import AuditPolicy, rate_after_alarm
from science.guarantee.monitor import AMBER, Level, slopes, updated
from science.ramp import PROVISIONAL_RAMP

STEEP = 6.0  # of the logistic curve from a case's margin to its label
HEALTHY = 0.6  # of the promise: what the cutoff was chosen for
PROVES = 0.75  # of the promise: as wrong as a model may be for its test to pass
LEARNED = 200  # labels from after an alarm
HELD, ANSWERED = 50, 200  # audits, as in the service
PFA = 0.01
QUARTERS = 4

Turned = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""By how many degrees the boundary differs at a case from where it was when the model learned, (runs,)."""


@dataclass(frozen=True, slots=True)
class Change:
    """A world of `cases`: how its boundary turns, and what happens to labels.

    Attributes:
        turned: the boundary's place in degrees at each case, shape (cases,).
        noisy: share of the labels that are wrong at each case, shape (cases,).
        flips_from: case from which the surest tenth gets other answers; a model that learned later knows.
    """

    name: str
    turned: np.ndarray
    noisy: np.ndarray
    flips_from: float = np.inf


def changes(cases: int = 12_000) -> list[Change]:
    """The worlds of the bar: each changes at a third, or all the time."""
    case, at, none = np.arange(cases), cases // 3, np.zeros(cases)
    burst = np.where((case >= at) & (case < at + cases // 8), 0.25, 0.0)
    return [
        Change("still", none, none),
        Change("turn by 60 degrees", np.where(case >= at, 60.0, 0.0), none),
        Change("slow turn by 90 degrees", 90.0 * np.clip((case - at) / (cases - at), 0, 1), none),
        Change("to and fro", np.where(case // (cases // 6) % 2 == 1, 60.0, 0.0), none),
        Change("burst of wrong labels", none, burst),
        Change("surest tenth flips", none, none, flips_from=at),
    ]


@dataclass(frozen=True, slots=True)
class Rules:
    """Which of the rules are kept; all are in service."""

    is_surprised: bool = True
    fades: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Delivered:
    """What became of each life, shape (runs,): shares of its cases, and errors beyond the promise.

    Attributes:
        beyond: decisions wrong beyond the promise, summed over the quarters of the life that broke it.
    """

    automated: np.ndarray
    wrong: np.ndarray
    audited: np.ndarray
    beyond: np.ndarray


def delivered(
    change: Change, rules: Sequence[Rules], *, target: float, wait: int, runs: int, rng: np.random.Generator
) -> list[Delivered]:
    """Live `runs` lives in a world by each of these rules. `wait`: accepted labels that a test takes."""
    life = _Lives(change, rules, target, wait, runs, rng)
    for case in range(len(change.turned)):
        life.step(case)
    counts = {name: each.reshape(QUARTERS, len(rules), runs) for name, each in life.counts.items()}
    beyond = np.maximum(counts["wrong"] - target * counts["automated"], 0).sum(axis=0)
    automated, wrong, audited = (counts[name].sum(axis=0) for name in ("automated", "wrong", "audited"))
    return [Delivered(*each) for each in zip(automated, wrong, audited, beyond, strict=True)]


class _Lives:
    """All lives of a world, one case at a time; every array has shape (runs,) or (runs, n)."""

    def __init__(
        self,
        change: Change,
        rules: Sequence[Rules],
        target: float,
        wait: int,
        runs: int,
        rng: np.random.Generator,
    ) -> None:
        self.change, self.target, self.wait, self.rng = change, target, wait, rng
        self.is_surprised = np.repeat([each.is_surprised for each in rules], runs)
        self.fades = np.repeat([each.fades for each in rules], runs)
        self.n_rules, runs = len(rules), runs * len(rules)
        self.cutoff, self.surest, self.accepts = _cutoff(target)
        self.horizon = max(10_000.0, 365_000 * self.accepts)  # a thousand cases a day
        self.slopes, self.audits = slopes(target), AuditPolicy()
        self.floor = surprise.NEWS * target
        self.learned = np.zeros(runs)  # case
        self.alarm = np.full(runs, -np.inf)  # case
        self.proving = np.zeros(runs, dtype=bool)
        self.labels, self.risk = np.zeros(runs), np.zeros(runs)
        self.counts = {name: np.zeros((QUARTERS, runs)) for name in ("automated", "wrong", "audited")}
        self._watch_anew(np.ones(runs, dtype=bool))

    def step(self, case: int) -> None:
        """One case in every life."""
        margin = np.abs(self._alike(self.rng.normal))
        predicted = 1 / (1 + np.exp(STEEP * margin))
        risk = self._risk(case, margin, predicted)
        accepted = predicted <= self.cutoff
        wrong = self._alike(self.rng.random) < risk
        has_learned = case >= self.alarm + LEARNED
        share = np.where(self.proving, np.where(has_learned, PROVISIONAL_RAMP, 0.0), 1.0)
        automatic = accepted & (self._alike(self.rng.random) < share)
        audited = automatic & (self._alike(self.rng.random) < self._rate(case))
        quarter = case * QUARTERS // len(self.change.turned)
        for name, mask in (("automated", automatic), ("wrong", automatic & wrong), ("audited", audited)):
            self.counts[name][quarter] += mask
        self._watch(case, accepted & ~self.proving, audited & ~self.proving, wrong, predicted)
        self._prove(case, accepted & self.proving & has_learned, risk)

    def _alike(self, draw: Callable[..., np.ndarray]) -> np.ndarray:
        """Draw for each life, the same under every rule: what differs is what the rules made of it."""
        return np.tile(draw(size=len(self.learned) // self.n_rules), self.n_rules)

    def _risk(self, case: int, margin: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        known = self.change.turned[np.clip(self.learned - 1, 0, case).astype(int)]
        turn = np.radians(self.change.turned[case] - known)
        moved = margin * np.cos(turn) + np.sin(turn) * self._alike(self.rng.normal)
        risk = 1 / (1 + np.exp(STEEP * moved))
        is_flipped = (predicted <= self.surest) & (case >= self.change.flips_from)
        risk = np.where(is_flipped & (self.learned < self.change.flips_from), 1 - risk, risk)
        noise = self.change.noisy[case]
        return np.asarray((1 - noise) * risk + noise * (1 - risk))

    def _rate(self, case: int) -> np.ndarray:
        is_pressing = (self.n < self.held_until) | (self.evidence.mean(axis=1) >= AMBER)
        wanted = np.zeros(len(is_pressing))
        if np.isfinite(self.alarm).any():
            once = rate_after_alarm(since=1.0, target=self.target, horizon=self.horizon, pfa=PFA)
            wanted = self.fades * once / np.maximum((case - self.alarm) * self.accepts, 1.0)
        base, amber = (self.audits.rate(level) for level in (Level.GREEN, Level.AMBER))
        return np.where(is_pressing, amber, np.clip(wanted, base, amber))

    def _watch(
        self, case: int, accepted: np.ndarray, audited: np.ndarray, wrong: np.ndarray, predicted: np.ndarray
    ) -> None:
        self.pending += accepted
        at = np.flatnonzero(audited)
        if not at.size:
            return
        loss, mass = wrong[at].astype(np.float64), self.pending[at] / self.horizon
        self.evidence[at] = updated(self.evidence[at], mass, loss, 1.0, self.slopes, self.target)
        self.pending[at], self.n[at] = 0, self.n[at] + 1
        is_amber = self.evidence[at].mean(axis=1) >= AMBER
        self.held_until[at[is_amber]] = self.n[at[is_amber]] + HELD
        each = 1 / max(2_000.0, self.horizon * self.audits.base)
        self.surprise[at] = surprise.updated(self.surprise[at], each, loss, predicted[at], self.floor)
        is_open = (self.surprise[at].mean(axis=1) >= AMBER) & self.is_surprised[at]
        begun = at[is_open & ~self.has_sign[at]]
        self.held_until[begun] = np.maximum(self.held_until[begun], self.n[begun] + ANSWERED)
        self.has_sign[at] = is_open
        is_red = np.zeros(len(audited), dtype=bool)
        is_red[at] = self.evidence[at].mean(axis=1) >= 1 / PFA
        self.alarm[is_red], self.learned[is_red] = case, case + LEARNED
        self.proving |= is_red
        self.labels[is_red] = self.risk[is_red] = 0

    def _prove(self, case: int, labelled: np.ndarray, risk: np.ndarray) -> None:
        self.labels += labelled
        self.risk += labelled * risk
        is_over = self.proving & (self.labels >= self.wait)
        has_passed = is_over & (self.risk <= PROVES * self.target * self.labels)
        self.learned[is_over & ~has_passed] = case
        self.labels[is_over] = self.risk[is_over] = 0
        self.proving &= ~has_passed
        self._watch_anew(has_passed)

    def _watch_anew(self, which: np.ndarray) -> None:
        if not hasattr(self, "n"):
            runs = len(which)
            self.evidence = np.zeros((runs, self.slopes.size))
            self.surprise = np.zeros((runs, surprise.SHARES.size))
            self.pending, self.n, self.held_until = np.zeros(runs), np.zeros(runs), np.zeros(runs)
            self.has_sign = np.zeros(runs, dtype=bool)
            return
        self.evidence[which] = self.surprise[which] = 0
        self.pending[which] = self.n[which] = self.held_until[which] = 0
        self.has_sign[which] = False


def _cutoff(target: float) -> tuple[float, float, float]:
    """Predicted errors at the cutoff of a healthy model and at that of the surest tenth; share accepted."""
    margins = np.abs(np.random.default_rng(0).normal(size=200_000))
    predicted = np.sort(1 / (1 + np.exp(STEEP * margins)))
    n = int(np.searchsorted(np.cumsum(predicted) / np.arange(1, predicted.size + 1), HEALTHY * target))
    n = min(n, predicted.size)
    return float(predicted[n - 1]), float(predicted[predicted.size // 10]), n / predicted.size
