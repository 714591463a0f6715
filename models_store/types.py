"""Words of the model store."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy


class ReleaseRole(models.TextChoices):
    """What a release does for its workflow now."""

    TRAINED = "trained", gettext_lazy("trained: passed the gate, and has no part yet")
    SHADOW = "shadow", gettext_lazy("shadow: scores, but nobody sees it")
    CANARY = "canary", gettext_lazy("canary: decides a share")
    CHAMPION = "champion", gettext_lazy("champion: scores and decides")
    RETIRED = "retired", gettext_lazy("retired")


# The gate stands before the first: what it refuses is no release. A retired one becomes champion again only
# if it was the champion before (`services.roles`).
ROLE_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "trained": ("shadow", "champion", "retired"),
    "shadow": ("canary", "champion", "retired"),
    "canary": ("champion", "retired"),
    "champion": ("retired",),
    "retired": ("champion", "shadow"),
}
CHALLENGERS = (ReleaseRole.SHADOW, ReleaseRole.CANARY)
IN_USE = (*CHALLENGERS, ReleaseRole.CHAMPION)


class Unscored(models.TextChoices):
    """Why a release in shadow gave no usable score for a case."""

    GONE = "gone", gettext_lazy("the case's content is no longer there")
    SCHEMA = "schema", gettext_lazy("the case came in under other fields or labels")
    UNREADABLE = "unreadable", gettext_lazy("the model cannot read it")
    FAILED = "failed", gettext_lazy("the model failed on it, or its file could not be read")
    UNSAID = "unsaid", gettext_lazy("no usable score of the model elsewhere came with it")


class Door(models.TextChoices):
    """How the scores of a model elsewhere come in."""

    SCORE_IN = "score_in", gettext_lazy("sent with each case")
    OPEN_INFERENCE = "oip", gettext_lazy("asked for by Open Inference Protocol v2")
    MLFLOW = "mlflow", gettext_lazy("asked for at MLflow's /invocations")
    TEMPLATE = "template", gettext_lazy("asked for by a JSON template")
    CHAT = "chat", gettext_lazy("asked for at OpenAI-compatible chat completions")
    ONNX = "onnx", gettext_lazy("by an ONNX file that workers run")


class RunStatus(models.TextChoices):
    """Status of a training run."""

    QUEUED = "queued", gettext_lazy("queued")
    RUNNING = "running", gettext_lazy("running")
    SUCCEEDED = "succeeded", gettext_lazy("made a model")
    REFUSED = "refused", gettext_lazy("the gate refused it")
    FAILED = "failed", gettext_lazy("failed")
    CANCELLED = "cancelled", gettext_lazy("cancelled")


RUN_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("running", "cancelled", "failed"),
    "running": ("queued", "succeeded", "refused", "failed", "cancelled"),  # queued: its worker died
}


class RunStep(models.TextChoices):
    """The steps of a training run, in their order."""

    READ = "read", gettext_lazy("Read the labels")
    TRAIN = "train", gettext_lazy("Train")
    JUDGE = "judge", gettext_lazy("Judge")
    GATE = "gate", gettext_lazy("Pass the gate")
    REGISTER = "register", gettext_lazy("Register")
    CERTIFY = "certify", gettext_lazy("Certify")
    PROMOTE = "promote", gettext_lazy("Promote")


class GateCheck(models.TextChoices):
    """What the gate asks of a new model."""

    MAJORITY = "majority", gettext_lazy("No worse than the commonest label")
    RANKING = "ranking", gettext_lazy("It is less sure when it is wrong")
    LOGISTIC = "logistic", gettext_lazy("No worse than logistic regression")
    CHAMPION = "champion", gettext_lazy("Not worse than the champion")
    LEAK = "leak", gettext_lazy("No field gives the answer away")
    SLICES = "slices", gettext_lazy("No group of cases does badly")
    REVIEWERS = "reviewers", gettext_lazy("No single reviewer's labels make it worse")


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the gate: which, whether it passed, and why, in words."""

    check: GateCheck
    passed: bool
    words: str

    @property
    def name(self) -> str:
        """What pages call it."""
        return str(self.check.label)

    def to_json(self) -> dict[str, Any]:
        """As the model's report keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """As it was kept."""
        return cls(GateCheck(kept["check"]), kept["passed"], kept["words"])


class Trigger(models.TextChoices):
    """Why a training run was started."""

    HAND = "hand", gettext_lazy("by hand")
    SCHEDULE = "schedule", gettext_lazy("by schedule")
    LABELS = "labels", gettext_lazy("by number of new labels")
    ALARM = "alarm", gettext_lazy("by alarm")
    DRIFT = "drift", gettext_lazy("by an early sign")


class LabelUse(models.TextChoices):
    """What a label is used for by one model: never two things."""

    TRAIN = "train", gettext_lazy("fit the model")
    JUDGE = "judge", gettext_lazy("judge the model")
