"""The closed loop: a model decides, people answer what it leaves and what is audited, and the next model
learns from that and must be proved on it.

Every round of traffic goes through the live rule (`decide`) and past the monitor in blocks; red steps down to
a stricter cutoff or stops. Meanwhile a challenger, frozen before the round, waits to be certified on the
labels of the round, and takes over if it automates more. From some round on, a new kind of case arrives that
the model is most confident about, and wrong.

A challenger takes over by the service's own rule (`science.guarantee.succession`): with a certificate of its
own, where the champion decides nothing, or no audit speaks against the champion and the challenger automates
about as much. Keeping whichever certificate automates most
(`keeps_the_boldest`) breaks the promise several times as often: false certificates automate most, and stay.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from science.decide import decide
from science.decision_terms import Basis, Degree
from science.draws import Draws
from science.guarantee.audits import AuditPolicy
from science.guarantee.certify import certify
from science.guarantee.estimates import design_weights
from science.guarantee.monitor import Level, RiskMonitor
from science.guarantee.planning import TestPlan, plan
from science.guarantee.succession import Standing, takes_over
from science.guarantee.thinning import thin
from science.guarantee.verdict import Certified, Verdict
from science.rule import Rule
from science.worlds.stream import Stream

TARGET, DELTA = 0.02, 0.05
ROUNDS, CASES, BLOCK, HISTORY = 7, 10_000, 500, 2400
CHANGES_IN = 4  # round in which the new kind of case appears
STREAM = Stream(apart=3.4, appears_at=HISTORY + (CHANGES_IN - 1) * CASES)
AUDITS = AuditPolicy(base=0.08, amber=0.5)
HORIZON = 208_000  # automatic cases within which a false alarm has a chance of 1 %
FRESH = 100_000  # cases on which a cutoff is judged
BOLDER = 0.01  # of traffic that it must automate more, where the boldest is kept
LABELS = ("no", "yes")
FOLDS = 3


@dataclass(frozen=True, slots=True)
class Habit:
    """What is made of labels and of certificates.

    Attributes:
        weighs: labels are used with the probability with which they were collected, not as if alike.
        trusts: what was decided and not audited counts as a label, and as right.
        keeps_the_boldest: a challenger takes over only if it automates more, and only then.
        lifetime: all certificates together are to be true with the confidence, not each.
    """

    weighs: bool = True
    trusts: bool = False
    keeps_the_boldest: bool = False
    lifetime: bool = False


@dataclass(slots=True)
class Answers:
    """What is believed of some cases, in the order of decision: features, labels, and how they came to be."""

    features: np.ndarray
    y: np.ndarray
    pi: np.ndarray

    def __add__(self, other: "Answers") -> "Answers":
        return _joined([self, other])


@dataclass(slots=True)
class Release:
    """A frozen model with its plan; then with its certificate, and the monitor that watches it."""

    model: Any
    plan: TestPlan
    walked: tuple[float, ...] = ()
    in_force: int | None = None  # index in `walked`
    automation: float = 0.0  # of the cutoff in force
    n_labels: int = 0  # that say so
    proved_in: int = 0  # round
    monitor: RiskMonitor = field(init=False)

    def take_over(self, verdict: Verdict, n_labels: int, number: int = 0) -> None:
        """Put the loosest cutoff that is proved in force, if there is one."""
        if isinstance(verdict, Certified):
            self.n_labels, self.proved_in = n_labels, number
            self.walked, self.automation = verdict.walked, verdict.automation
            self.in_force = len(self.walked) - 1
            self.monitor = RiskMonitor(self.walked, target=TARGET, horizon_cases=HORIZON)

    @property
    def rule(self) -> Rule:
        """What is in force now."""
        if self.in_force is None:
            return Rule(LABELS, frozenset(LABELS), Degree.PARTIAL, blind_share=1.0)
        return Rule(
            LABELS,
            frozenset(LABELS),
            Degree.PARTIAL,
            cutoffs=dict.fromkeys(LABELS, self.walked[self.in_force]),
            basis=Basis.CERTIFIED,
            valid_until=1.0,
            audit_rate=AUDITS.rate(self.monitor.level(self.in_force)),
            audit_base=AUDITS.base,
            blind_share=1.0,
        )

    def step_down_if_red(self) -> bool:
        """Whether the monitor has turned red."""
        if self.in_force is None or self.monitor.level(self.in_force) is not Level.RED:
            return False
        self.in_force = self.monitor.step_down(self.in_force, self.walked)
        self.automation = 0.0  # what is left of it is not worth defending against a challenger
        return True

    def yields_to(self, automation: float, n_labels: int, number: int) -> bool:
        """Whether a challenger that was proved in this round takes its place, by the service's rule."""
        if self.in_force is None:
            return True
        if self.monitor.level(self.in_force) is not Level.GREEN:
            return False  # a new one would be watched from the beginning
        return takes_over(
            Standing(automation, n_labels, number), Standing(self.automation, self.n_labels, self.proved_in)
        )

    def is_broken(self, start: int, rng: np.random.Generator) -> bool:
        """Whether the cutoff in force is wrong more often than promised, on traffic like that of `start`."""
        if self.in_force is None:
            return False
        changed = STREAM.appears_at is not None and start >= STREAM.appears_at
        like_it = replace(STREAM, appears_at=0 if changed else None)
        features, truth = like_it.cases(0, FRESH, rng)
        proba = self.model.predict_proba(features)
        accepted = proba.max(axis=1) >= self.walked[self.in_force]
        return bool(accepted.any() and (proba.argmax(axis=1) != truth)[accepted].mean() > TARGET)


@dataclass(frozen=True, slots=True)
class Round:
    """What came of a round.

    Attributes:
        automated: share of traffic that was decided without a person.
        error: share of that which was wrong; 0 if there was none.
        broken: whether the cutoff in force when the round began is wrong more often than promised, in truth.
        alarms: how often the monitor turned red.
    """

    automated: float
    error: float
    broken: bool
    alarms: int


def life(habit: Habit, rng: np.random.Generator) -> list[Round]:
    """Play all rounds once."""
    features, y = STREAM.cases(0, HISTORY, rng)
    ones = np.ones(HISTORY // 2)
    known, held_out = Answers(features[::2], y[::2], ones), Answers(features[1::2], y[1::2], ones)
    champion = _challenger(habit, known, features, 1.0, HISTORY // 2, rng, attempt=1)
    champion.take_over(_verdict(champion, held_out, rng), held_out.y.size)
    known, recent, collected, rounds = known + held_out, features, CASES, []
    for number in range(ROUNDS):
        start = HISTORY + number * CASES
        # Where nothing is automated, every answer is blind, and that is known before the round.
        floor = AUDITS.base if habit.weighs and champion.in_force is not None else 1.0
        expected = int(CASES * floor) if habit.weighs else collected
        challenger = _challenger(habit, known, recent, floor, expected, rng, attempt=number + 2)
        broken = champion.is_broken(start, rng)
        recent, truth = STREAM.cases(start, CASES, rng)
        passed = _pass(champion, habit, recent, truth, rng)
        rounds.append(
            Round(
                automated=float(passed.automatic.mean()),
                error=float(passed.wrong[passed.automatic].mean()) if passed.automatic.any() else 0.0,
                broken=broken,
                alarms=passed.alarms,
            )
        )
        verdict, n_labels = _verdict(challenger, passed.since_alarm, rng), passed.since_alarm.y.size
        if isinstance(verdict, Certified) and (
            verdict.automation >= champion.automation + BOLDER
            if habit.keeps_the_boldest
            else champion.yields_to(verdict.automation, n_labels, number + 1)
        ):
            challenger.take_over(verdict, n_labels, number + 1)
            champion = challenger
        known, collected = known + passed.answers, passed.answers.y.size
    return rounds


@dataclass(frozen=True, slots=True)
class _Passed:
    """A round of traffic that has passed: masks of shape (n_cases,), and what was answered."""

    automatic: np.ndarray
    wrong: np.ndarray
    answers: Answers
    since_alarm: Answers
    alarms: int


def _pass(
    champion: Release, habit: Habit, features: np.ndarray, truth: np.ndarray, rng: np.random.Generator
) -> _Passed:
    proba = champion.model.predict_proba(features)
    said, scores = proba.argmax(axis=1), proba.max(axis=1)
    wrong, automatic = said != truth, np.zeros(truth.size, dtype=bool)
    blocks: list[Answers] = []
    since, alarms = 0, 0
    for begin in range(0, truth.size, BLOCK):
        part = slice(begin, begin + BLOCK)
        draws = Draws.simulated(truth[part].size, rng)
        outcomes = decide(champion.rule, proba[part], draws=draws, now=0.0)
        automatic[part] = outcomes.automatic
        seen, pi, reference_rate = outcomes.blind, outcomes.pi, outcomes.reference_rate
        losses = np.where(seen, wrong[part], np.nan)
        answers = Answers(
            features[part][seen], truth[part][seen], pi[seen] if habit.weighs else np.ones(seen.sum())
        )
        if habit.trusts:
            losses, pi, reference_rate = np.nan_to_num(losses), np.ones(seen.size), np.ones(seen.size)
            answers = Answers(features[part], np.where(seen, truth[part], said[part]), pi)
        blocks.append(answers)
        if champion.in_force is not None:
            champion.monitor.add_block(scores[part], losses, pi, reference_rate)
            if champion.step_down_if_red():
                since, alarms = len(blocks), alarms + 1
    return _Passed(automatic, wrong, _joined(blocks), _joined(blocks[since:] or blocks[-1:]), alarms)


def _joined(blocks: list[Answers]) -> Answers:
    return Answers(
        *(np.concatenate([getattr(block, name) for block in blocks]) for name in ("features", "y", "pi"))
    )


def _challenger(
    habit: Habit,
    known: Answers,
    recent: np.ndarray,
    floor: float,
    expected: int,
    rng: np.random.Generator,
    *,
    attempt: int,
) -> Release:
    """Fit on what is known, and plan from predictions out of fold."""
    weights = design_weights(known.pi) if habit.weighs else np.ones(known.y.size)
    proba, fold = np.empty((known.y.size, len(LABELS))), rng.integers(0, FOLDS, known.y.size)
    for held in range(FOLDS):
        rest = fold != held
        proba[~rest] = _fit(known.features[rest], known.y[rest], weights[rest]).predict_proba(
            known.features[~rest]
        )
    kept = thin(known.pi, floor=float(known.pi.min()), rng=rng)
    model = _fit(known.features, known.y, weights)
    own = plan(
        proba.max(axis=1)[kept],
        (proba.argmax(axis=1) != known.y)[kept],
        target=TARGET,
        delta=6 * DELTA / (math.pi * attempt) ** 2 if habit.lifetime else DELTA,
        expected_labels=expected,
        traffic_scores=model.predict_proba(recent).max(axis=1),
        pi_floor=floor,
        method="thinned",
    )
    return Release(model, own)


def _fit(features: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    model = make_pipeline(PolynomialFeatures(2), StandardScaler(), LogisticRegression(max_iter=1000))
    return model.fit(features, y, logisticregression__sample_weight=weights)


def _verdict(release: Release, answers: Answers, rng: np.random.Generator) -> Verdict:
    proba = release.model.predict_proba(answers.features)
    wrong = (proba.argmax(axis=1) != answers.y).astype(np.float64)
    return certify(proba.max(axis=1), wrong, answers.pi, plan=release.plan, rng=rng)
