"""Replay: what a past window would have been under other cutoffs, another model, degree, audits or staff.

Every case has a stored score and the draws that were made for it, so the replay decides it again by the same
rule and the same draws: under what was in force it gives exactly what happened. What it cannot give again is
truth, which is known only where a blind answer was drawn. So errors are bounded as the error budget's are:
the cases that would have been automatic are a fixed population, each was drawn with a known probability, and
all randomness is that of our own coins (`science.guarantee.budget`).

The bounds hold for a setting that was named beforehand. Whoever tries many and keeps the best has chosen by
looking; a certificate is what proves cutoffs.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from science.guarantee.budget import ErrorBudget, Spent
from science.queueing import Queue, waits

NOT_DRAWN, UNANSWERED = -1, -2
_MIN_RATE = 1e-6


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases in the order in which they were decided; every array has shape (n_cases,).

    Attributes:
        at: POSIX seconds.
        predicted: column of the label that the replayed model says; -1 where it gave no usable score.
        score: what cutoffs are compared with; NaN where `predicted` is -1.
        pi: chance with which a blind answer was drawn, given the draws made before it; in (0, 1].
        truth: column of the label that people settled on; `UNANSWERED` where one was drawn and none is
            final, `NOT_DRAWN` elsewhere.
        u_ramp, u_audit: the draws of each case; 1 where no setting that is tried asks for them.
        was_automatic, was_audited: what happened.
    """

    at: np.ndarray
    predicted: np.ndarray
    score: np.ndarray
    pi: np.ndarray
    truth: np.ndarray
    u_ramp: np.ndarray
    u_audit: np.ndarray
    was_automatic: np.ndarray
    was_audited: np.ndarray

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is tried.

    Attributes:
        cutoffs: per column of the labels; NaN where a label is never automatic. Shape (n_labels,).
        automates: whether the degree lets the model decide at all.
        ramp: share of what is accepted that is automatic.
        audit_rate: chance with which an automatic decision is audited.
    """

    cutoffs: np.ndarray
    automates: bool = True
    ramp: float = 1.0
    audit_rate: float = 0.02

    def automatic(self, cases: Cases) -> np.ndarray:
        """Return which cases the model decides, shape (n_cases,); a NaN decides nothing.

        >>> columns = ([0.], [0], [.9], [1.], [-1], [.3], [.5], [False], [False])
        >>> cases = Cases(*map(np.array, columns))
        >>> Setting(np.array([0.9])).automatic(cases), Setting(np.array([0.9]), ramp=.25).automatic(cases)
        (array([ True]), array([False]))
        """
        if not self.automates:
            return np.zeros(len(cases), dtype=bool)
        cutoff = np.append(self.cutoffs, np.nan)[cases.predicted]  # -1 reads the last one
        accepted: np.ndarray = cases.score >= cutoff
        return accepted & (cases.u_ramp < self.ramp) if self.ramp < 1 else accepted

    def audited(self, cases: Cases, automatic: np.ndarray) -> np.ndarray:
        """Return which of these automatic decisions are audited, shape (n_cases,)."""
        return automatic & (cases.u_audit < self.audit_rate)


class AsItWas:
    """The setting, or the settings one after the other, that were in force: nothing is decided anew."""

    def automatic(self, cases: Cases) -> np.ndarray:
        """Return which cases the model decided."""
        return cases.was_automatic

    def audited(self, cases: Cases, automatic: np.ndarray) -> np.ndarray:
        """Return which were audited."""
        audited: np.ndarray = automatic & cases.was_audited
        return audited


@dataclass(frozen=True, slots=True)
class Staff:
    """Who answers: so many tasks an hour, spread evenly over the day.

    Attributes:
        per_hour: answers an hour, of all reviewers together.
        due_seconds: from when a case counts as late.
        answers_each: answers that a case takes.
    """

    per_hour: float
    due_seconds: float
    answers_each: float = 1.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """What would have been.

    Attributes:
        cases, unscored: all, and those without a usable score, which people decide under any cutoff.
        automatic, audited: decided by the model, and of these drawn for an audit.
        asked: cases that people are asked about, audits included.
        wrong: wrong automatic decisions, bounded; `labels` of them have a final blind answer.
        queue: what people would have met.
        by_day: per UTC day (POSIX day number): cases, automatic. Shape (n_days, 3).
        sha256: of what was decided case by case, in order: automatic, audited, neither. Two replays with the
            same hash decided every case alike.
    """

    cases: int
    unscored: int
    automatic: int
    audited: int
    asked: int
    wrong: Spent
    labels: int
    queue: Queue
    by_day: np.ndarray
    sha256: str

    @property
    def share(self) -> float:
        """Share of all cases that is automatic; NaN without cases."""
        return self.automatic / self.cases if self.cases else float("nan")

    def error(self) -> tuple[float, float, float]:
        """Return low, estimate, high of the wrong share of automatic decisions; (0, NaN, 1) without any."""
        if not self.automatic:
            return 0.0, float("nan"), 1.0
        n = self.automatic
        estimate = min(max(self.wrong.estimate, self.wrong.low), self.wrong.high)
        return self.wrong.low / n, estimate / n, self.wrong.high / n


@dataclass(slots=True)
class Replay:
    """Takes in a window chunk by chunk, in decision order, with what one chunk holds in memory.

    `least_rate` is a lower bound of `pi` in the window: what audits and blind reviews never fell below.

    Raises:
        ValueError: chunks are out of order, or a `pi` is below the least.
    """

    setting: Setting | AsItWas
    staff: Staff
    least_rate: float
    delta: float = 0.05
    _budget: ErrorBudget = field(init=False)
    _counts: np.ndarray = field(init=False)
    _asked: list[np.ndarray] = field(init=False)
    _days: dict[int, np.ndarray] = field(init=False)
    _last: float = field(init=False, default=-np.inf)
    _verdicts: "hashlib._Hash" = field(init=False)

    def __post_init__(self) -> None:
        rate = max(self.least_rate, _MIN_RATE)
        self._budget = ErrorBudget(rate=rate, delta_above=self.delta / 2, delta_below=self.delta / 2)
        self._counts = np.zeros(4, dtype=np.int64)  # cases, unscored, audited, labels
        self._asked, self._days = [], {}
        self._verdicts = hashlib.sha256()

    def feed(self, cases: Cases) -> np.ndarray:
        """Take in the next cases; return which are automatic, shape (n_cases,)."""
        if not len(cases):
            return np.zeros(0, dtype=bool)
        if cases.at[0] < self._last or np.any(np.diff(cases.at) < 0):
            raise ValueError("cases must come in the order in which they were decided.")
        self._last = float(cases.at[-1])
        automatic = self.setting.automatic(cases)
        audited = self.setting.audited(cases, automatic)
        drawn = automatic & (cases.truth != NOT_DRAWN)
        truth = cases.truth[drawn]
        losses = np.where(truth == UNANSWERED, np.nan, truth != cases.predicted[drawn])
        self._budget.add_block(int(automatic.sum()), losses, cases.pi[drawn])
        final = int((truth != UNANSWERED).sum())
        self._counts += (len(cases), (cases.predicted < 0).sum(), audited.sum(), final)
        self._asked.append(cases.at[~automatic | audited])
        days = (cases.at // 86_400).astype(np.int64)
        for day in np.unique(days):
            of_day = days == day
            counts = self._days.setdefault(int(day), np.zeros(2, dtype=np.int64))
            counts += (of_day.sum(), (of_day & automatic).sum())
        self._verdicts.update((automatic.astype(np.uint8) + audited).tobytes())
        return automatic

    def result(self) -> Replayed:
        """Return what would have been, of all that was taken in."""
        n_cases, unscored, audited, labels = map(int, self._counts)
        asked = np.concatenate(self._asked) if self._asked else np.zeros(0)
        days = [(day, *counts) for day, counts in sorted(self._days.items())]
        return Replayed(
            cases=n_cases,
            unscored=unscored,
            automatic=self._budget.decisions,
            audited=audited,
            asked=len(asked),
            wrong=self._budget.spent(),
            labels=labels,
            queue=waits(
                asked,
                per_hour=self.staff.per_hour / max(self.staff.answers_each, 1e-9),
                due_seconds=self.staff.due_seconds,
            ),
            by_day=np.array(days, dtype=np.int64).reshape(-1, 3),
            sha256=self._verdicts.hexdigest(),
        )
