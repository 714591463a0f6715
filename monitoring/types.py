"""Choices and names of monitoring."""

from enum import StrEnum
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy


class SignKind(models.TextChoices):
    """What an early sign speaks of."""

    SCORE_DRIFT = "score_drift", gettext_lazy("The model's scores differ from what they were")
    DISAGREEMENT = "disagreement", gettext_lazy("Reviewers contradict the model more often than predicted")
    DATA_DRIFT = "data_drift", gettext_lazy("What comes in or goes out differs from what it was")


class CountFamily(models.TextChoices):
    """What is counted."""

    INPUT = "input", gettext_lazy("Inputs")
    OUTPUT = "output", gettext_lazy("Outputs")
    PEOPLE = "people", gettext_lazy("People")


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

    BEFORE = "before", gettext_lazy("the weeks before")
    BASELINE = "baseline", gettext_lazy("the baseline")


class MetricState(models.TextChoices):
    """What is known of a metric; what is not known is never calm. As `science.drift.watch.State`."""

    UNKNOWN = "unknown", gettext_lazy("not enough data")
    CALM = "calm", gettext_lazy("as before")
    DIFFERS = "differs", gettext_lazy("differs, for the first time")
    DRIFTS = "drifts", gettext_lazy("drifts")


class Severity(models.TextChoices):
    """How soon somebody should look."""

    HIGH = "high", gettext_lazy("today")
    NORMAL = "normal", gettext_lazy("this week")


class AlarmStatus(models.TextChoices):
    """Where an alarm stands with the people who are told of it."""

    OPEN = "open", gettext_lazy("open")
    ACKNOWLEDGED = "acknowledged", gettext_lazy("acknowledged")
    SILENCED = "silenced", gettext_lazy("silenced")
    CLOSED = "closed", gettext_lazy("closed")


class Verdict(models.TextChoices):
    """What an alarm was, as whoever closed it says."""

    REAL = "real", gettext_lazy("Real: something was wrong")
    NOISE = "noise", gettext_lazy("Noise: nothing had changed")
    EXPECTED = "expected", gettext_lazy("Expected: this is how it is now")


class StudyStatus(models.TextChoices):
    """How far a study of the data is."""

    QUEUED = "queued", gettext_lazy("waits for a worker")
    RUNNING = "running", gettext_lazy("runs")
    DONE = "done", gettext_lazy("done")
    FAILED = "failed", gettext_lazy("failed")


ALARM_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "open": ("acknowledged", "silenced", "closed"),
    "acknowledged": ("silenced", "closed"),
    "silenced": ("open", "acknowledged", "closed"),  # open: when its time is over
}


class ReplayStatus(models.TextChoices):
    """Status of a replay."""

    QUEUED = "queued", gettext_lazy("waits for a worker")
    RUNNING = "running", gettext_lazy("running")
    DONE = "done", gettext_lazy("done")
    FAILED = "failed", gettext_lazy("failed")
    ENDED = "ended", gettext_lazy("ended")


REPLAY_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("running", "failed", "ended"),
    "running": ("running", "done", "failed", "ended"),  # running again: its worker died
}
