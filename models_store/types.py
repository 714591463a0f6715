"""Words of the model store."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.db import models


class ReleaseRole(models.TextChoices):
    """What a release does for its workflow now."""

    TRAINED = "trained", "trained: passed the gate, and has no part yet"
    SHADOW = "shadow", "shadow: scores, but nobody sees it"
    CANARY = "canary", "canary: decides a share"
    CHAMPION = "champion", "champion: scores and decides"
    RETIRED = "retired", "retired"


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


class Unscored(models.TextChoices):
    """Why a release in shadow gave no usable score for a case."""

    GONE = "gone", "the case's content is no longer there"
    SCHEMA = "schema", "the case came in under other fields or labels"
    UNREADABLE = "unreadable", "the model cannot read it"
    FAILED = "failed", "the model failed on it, or its file could not be read"
    UNSAID = "unsaid", "no usable score of the model elsewhere came with it"


class Door(models.TextChoices):
    """How the scores of a model elsewhere come in."""

    SCORE_IN = "score_in", "sent with each case"
    OPEN_INFERENCE = "oip", "asked for by Open Inference Protocol v2"
    MLFLOW = "mlflow", "asked for at MLflow's /invocations"
    TEMPLATE = "template", "asked for by a JSON template"
    CHAT = "chat", "asked for at OpenAI-compatible chat completions"
    ONNX = "onnx", "by an ONNX file that workers run"


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


class RunStep(models.TextChoices):
    """The steps of a training run, in their order."""

    READ = "read", "Read the labels"
    TRAIN = "train", "Train"
    JUDGE = "judge", "Judge"
    GATE = "gate", "Pass the gate"
    REGISTER = "register", "Register"
    CERTIFY = "certify", "Certify"
    PROMOTE = "promote", "Promote"


class GateCheck(models.TextChoices):
    """What the gate asks of a new model."""

    MAJORITY = "majority", "No worse than the commonest label"
    RANKING = "ranking", "It is less sure when it is wrong"
    LOGISTIC = "logistic", "No worse than logistic regression"
    CHAMPION = "champion", "Not worse than the champion"
    LEAK = "leak", "No field gives the answer away"
    SLICES = "slices", "No group of cases does badly"
    REVIEWERS = "reviewers", "No single reviewer's labels make it worse"


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

    HAND = "hand", "by hand"
    SCHEDULE = "schedule", "by schedule"
    LABELS = "labels", "by number of new labels"
    ALARM = "alarm", "by alarm"
    DRIFT = "drift", "by an early sign"


class LabelUse(models.TextChoices):
    """What a label is used for by one model: never two things."""

    TRAIN = "train", "fit the model"
    JUDGE = "judge", "judge the model"
