"""Choices and names of monitoring."""

from enum import StrEnum
from typing import NamedTuple

from django.db import models


class SignKind(models.TextChoices):
    """What an early sign speaks of."""

    SCORE_DRIFT = "score_drift", "The model's scores differ from what they were"
    DISAGREEMENT = "disagreement", "Reviewers contradict the model more often than predicted"
    DATA_DRIFT = "data_drift", "What comes in or goes out differs from what it was"


class CountFamily(models.TextChoices):
    """What is counted."""

    INPUT = "input", "Inputs"
    OUTPUT = "output", "Outputs"
    PEOPLE = "people", "People"


class MetricKey(NamedTuple):
    """What names a metric in its workflow: a family, a field (of inputs), and what is measured."""

    family: str
    field: str
    measure: str


class Examined(StrEnum):
    """What is examined on cases and labels, because counts alone cannot say it."""

    GAP = "gap"
    EXPECTED = "expected"
    SKEW = "skew"
    TOGETHER = "together"
    IMPACT = "impact"


class Reference(models.TextChoices):
    """What a window is compared with."""

    BEFORE = "before", "the weeks before"
    BASELINE = "baseline", "the baseline"


class MetricState(models.TextChoices):
    """What is known of a metric; what is not known is never calm. As `science.drift.watch.State`."""

    UNKNOWN = "unknown", "not enough data"
    CALM = "calm", "as before"
    DIFFERS = "differs", "differs, for the first time"
    DRIFTS = "drifts", "drifts"


class Severity(models.TextChoices):
    """How soon somebody should look."""

    HIGH = "high", "today"
    NORMAL = "normal", "this week"


class AlarmStatus(models.TextChoices):
    """Where an alarm stands with the people who are told of it."""

    OPEN = "open", "open"
    ACKNOWLEDGED = "acknowledged", "acknowledged"
    SILENCED = "silenced", "silenced"
    CLOSED = "closed", "closed"


class Verdict(models.TextChoices):
    """What an alarm was, as whoever closed it says."""

    REAL = "real", "Real: something was wrong"
    NOISE = "noise", "Noise: nothing had changed"
    EXPECTED = "expected", "Expected: this is how it is now"


class StudyStatus(models.TextChoices):
    """How far a study of the data is."""

    QUEUED = "queued", "waits for a worker"
    RUNNING = "running", "runs"
    DONE = "done", "done"
    FAILED = "failed", "failed"


ALARM_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "open": ("acknowledged", "silenced", "closed"),
    "acknowledged": ("silenced", "closed"),
    "silenced": ("open", "acknowledged", "closed"),  # open: when its time is over
}


class ReplayStatus(models.TextChoices):
    """Status of a replay."""

    QUEUED = "queued", "waits for a worker"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    ENDED = "ended", "ended"


REPLAY_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("running", "failed", "ended"),
    "running": ("running", "done", "failed", "ended"),  # running again: its worker died
}
