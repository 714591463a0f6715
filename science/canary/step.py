"""What a step of a canary ends in: pass, fail, or hold. Nothing unknown or missing, and no NaN, passes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ALPHA = (
    0.05  # chance that a canary that is no worse is ever rolled back, and that one twice as wrong is promoted
)
HARM = {
    "champion": 0.8,
    "promise": 0.2,
}  # how the chance of a false rollback is shared among what it is held against
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
        reasons: sentences; empty only where it passes.
        missing: labels.
        stage: the first stage at which cases are missing; "" where none is.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    missing: int = 0
    stage: str = ""


def judge(step: Step, *, now: datetime) -> Judged:
    """Say how a step stands.

    Every comparison is written so that a number that is none holds: it neither passes nor rolls back.

    >>> from datetime import UTC
    >>> begun = datetime(2026, 1, 5, tzinfo=UTC)
    >>> alike = dict.fromkeys(STAGES, 1.0)
    >>> step = Step(0, 100, begun, timedelta(days=1), {"champion": 1.0, "promise": 1.0}, alike)
    >>> judge(step, now=begun + timedelta(days=9)).reasons
    ('100 answers are missing.',)
    """
    worst = [
        name for name, e_value in step.harm.items() if name in HARM and e_value >= 1 / (ALPHA * HARM[name])
    ]
    if worst:
        return Judged(Outcome.FAIL, tuple(_WORSE[name] for name in worst))
    reasons = []
    unknown = [name for name, e in (*step.harm.items(), *step.imbalance.items()) if not 0 <= e < float("inf")]
    unknown += sorted(step.harm.keys() ^ HARM.keys()) + sorted(step.imbalance.keys() ^ set(STAGES))
    if unknown:
        reasons.append(f"Nothing can be said of: {', '.join(unknown)}.")
    stage = next((name for name, e_value in step.imbalance.items() if e_value >= 1 / IMBALANCE), "")
    if stage:
        reasons.append(f"Cases do not come through alike in both arms: {_LOST.get(stage, stage)}")
    reasons += step.signals
    missing = max(0, step.needed - step.labels)
    if missing or not step.labels >= step.needed or step.labels < 1:
        missing = max(missing, 1)
        reasons.append(
            f"{missing:,} answer{'' if missing == 1 else 's'} {'is' if missing == 1 else 'are'} missing."
        )
    if not now >= step.since + step.least:
        reasons.append(f"It lasts until {step.since + step.least:%Y-%m-%d %H:%M} UTC at least.")
    return Judged(Outcome.HOLD if reasons else Outcome.PASS, tuple(reasons), missing, stage)


_WORSE = {
    "champion": "Audits show that it is wrong more often than the champion.",
    "promise": "Audits show that it is wrong more often than was promised.",
}
_LOST = {
    "assigned": "too many or too few fall to the canary.",
    "scored": "those of one arm are not scored as often.",
    "decided": "the scores of one arm cannot be used as often.",
    "audited": "audits of one arm are lost more often.",
}
