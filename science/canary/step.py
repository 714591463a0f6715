"""What a step of a canary ends in: pass, fail, or hold. Nothing unknown or missing, and no NaN, passes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ALPHA = 0.05
"""Chance that a canary that is no worse is ever rolled back, and that one twice as wrong is promoted."""
HARM = {"champion": 0.8, "promise": 0.2}
"""How the chance of a false rollback is shared among what it is held against."""
STAGES = ("assigned", "scored", "decided", "audited")
IMBALANCE = 0.0006  # chance of a false sample-ratio alarm at each of the four stages, in each step


class Outcome(StrEnum):
    """How a step stands."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Step:
    """What is known of a step.

    Attributes:
        labels, needed: of the canary in this step, final and in their order, and the least there must be.
        since, least: when it began, and the least that it lasts.
        first_draw: when the first of its labels was drawn; None before.
        harm: peak of the e-process for harm against the champion, and against the promise.
        imbalance: e-value of each stage.
        signals: what pauses it, in words.
    """

    labels: int
    needed: int
    since: datetime
    least: timedelta
    harm: Mapping[str, float]
    imbalance: Mapping[str, float]
    signals: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """How a step stands, why, and what is missing.

    Attributes:
        worse: what it is worse than, of `HARM`; it fails where there is any.
        unknown: measures that say nothing.
        stage: the first stage at which cases are missing; "" where none is.
        missing: labels.
        until: before this it does not end; None where it may.
    """

    outcome: Outcome
    worse: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    stage: str = ""
    missing: int = 0
    until: datetime | None = None


def judge(step: Step, *, now: datetime) -> Judged:
    """Say how a step stands.

    Every comparison is written so that a number that is none holds: it neither passes nor rolls back.

    >>> from datetime import UTC
    >>> begun = datetime(2026, 1, 5, tzinfo=UTC)
    >>> alike = dict.fromkeys(STAGES, 1.0)
    >>> step = Step(0, 100, begun, timedelta(days=1), {"champion": 1.0, "promise": 1.0}, alike)
    >>> judged = judge(step, now=begun + timedelta(days=9))
    >>> judged.outcome.value, judged.missing
    ('hold', 100)
    """
    worse = tuple(
        name for name, e_value in step.harm.items() if name in HARM and e_value >= 1 / (ALPHA * HARM[name])
    )
    if worse:
        return Judged(Outcome.FAIL, worse)
    unknown = [name for name, e in (*step.harm.items(), *step.imbalance.items()) if not 0 <= e < float("inf")]
    unknown += sorted(step.harm.keys() ^ HARM.keys()) + sorted(step.imbalance.keys() ^ set(STAGES))
    stage = next((name for name, e_value in step.imbalance.items() if e_value >= 1 / IMBALANCE), "")
    missing = max(0, step.needed - step.labels)
    if not step.labels >= step.needed or step.labels < 1:
        missing = max(missing, 1)
    until = step.since + step.least
    is_early = not now >= until
    holds = bool(unknown or stage or step.signals or missing or is_early)
    return Judged(
        Outcome.HOLD if holds else Outcome.PASS,
        unknown=tuple(unknown),
        stage=stage,
        missing=missing,
        until=until if is_early else None,
    )
