"""Choices of the model store."""

from django.db import models


class ReleaseRole(models.TextChoices):
    """What a release does for its workflow now."""

    CHAMPION = "champion", "champion: scores and decides"
    SHADOW = "shadow", "shadow: scores, but nobody sees it"
    CANARY = "canary", "canary: decides a share"
    RETIRED = "retired", "retired"


class RunStatus(models.TextChoices):
    """Status of a training run."""

    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    SUCCEEDED = "succeeded", "made a model"
    REFUSED = "refused", "the gate refused it"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


RUN_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("running", "cancelled", "failed"),
    "running": ("queued", "succeeded", "refused", "failed", "cancelled"),  # queued: its worker died
}


class Trigger(models.TextChoices):
    """Why a training run was started."""

    HAND = "hand", "by hand"
    SCHEDULE = "schedule", "by schedule"
    LABELS = "labels", "by number of new labels"
    ALARM = "alarm", "by alarm"


class LabelUse(models.TextChoices):
    """What a label is used for by one model: never two things."""

    TRAIN = "train", "fit the model"
    JUDGE = "judge", "judge the model"
