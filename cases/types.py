"""Choices of cases."""

from django.db import models
from django.utils.translation import gettext_lazy


class CaseStatus(models.TextChoices):
    """Whether a case still waits."""

    WAITING = "waiting", gettext_lazy("waits for a person")
    DECIDED = "decided", gettext_lazy("decided")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn")


CASE_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "waiting": ("decided", "withdrawn"),
    "decided": ("waiting", "decided", "withdrawn"),  # undone or voided; amended; withdrawn
}


class Origin(models.TextChoices):
    """How a case came in."""

    API = "api", gettext_lazy("submitted by API")
    IMPORT = "import", gettext_lazy("imported history")
    KNOWN_ANSWER = "known_answer", gettext_lazy("known-answer case")


class Purpose(models.TextChoices):
    """Why a person was asked; it decides what the label may prove."""

    REVIEW = "review", gettext_lazy("review")
    AUDIT = "audit", gettext_lazy("audit of an automatic decision")
    SECOND = "second", gettext_lazy("second answer")
    ADJUDICATION = "adjudication", gettext_lazy("adjudication")
    KNOWN_ANSWER = "known_answer", gettext_lazy("known answer")
    APPEAL = "appeal", gettext_lazy("appeal")
    IMPORT = "import", gettext_lazy("imported history")


NOT_LIVE = (Purpose.IMPORT, Purpose.KNOWN_ANSWER)
"""Purposes of labels that say nothing of the traffic."""


class IntakeBatchStatus(models.TextChoices):
    """How far the work on a batch is that was accepted for later."""

    QUEUED = "queued", gettext_lazy("waits for a worker")
    RUNNING = "running", gettext_lazy("is being worked on")
    DONE = "done", gettext_lazy("done")
    FAILED = "failed", gettext_lazy("given up")


BATCH_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("running", "failed"),
    "running": ("running", "done", "failed"),  # taken up again after its worker died
}


class FileImportStatus(models.TextChoices):
    """How far the work on a file is that was given to be taken in."""

    LOOKED_AT = "looked_at", gettext_lazy("waits for its workflow")
    QUEUED = "queued", gettext_lazy("waits for a worker")
    RUNNING = "running", gettext_lazy("is being taken in")
    ASKS = "asks", gettext_lazy("waits for a yes or no")
    DONE = "done", gettext_lazy("done")
    FAILED = "failed", gettext_lazy("refused")


FILE_IMPORT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "looked_at": ("queued",),  # its workflow is made; a file whose workflow never is, is forgotten
    "queued": ("running", "failed"),
    "running": ("running", "asks", "done", "failed"),  # taken up again after its worker died
    "asks": ("queued", "failed"),  # somebody says that it may go on without the rows, or not
}
