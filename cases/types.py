"""Choices of cases."""

from django.db import models


class CaseStatus(models.TextChoices):
    """Whether a case still waits."""

    WAITING = "waiting", "waits for a person"
    DECIDED = "decided", "decided"
    WITHDRAWN = "withdrawn", "withdrawn"


CASE_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "waiting": ("decided", "withdrawn"),
    "decided": ("waiting", "decided", "withdrawn"),  # undone or voided; amended; withdrawn
}


class Origin(models.TextChoices):
    """How a case came in."""

    API = "api", "submitted by API"
    IMPORT = "import", "imported history"
    KNOWN_ANSWER = "known_answer", "known-answer case"


class Purpose(models.TextChoices):
    """Why a person was asked; it decides what the label may prove."""

    REVIEW = "review", "review"
    AUDIT = "audit", "audit of an automatic decision"
    SECOND = "second", "second answer"
    ADJUDICATION = "adjudication", "adjudication"
    KNOWN_ANSWER = "known_answer", "known answer"
    APPEAL = "appeal", "appeal"
    IMPORT = "import", "imported history"


class IntakeBatchStatus(models.TextChoices):
    """How far the work on a batch is that was accepted for later."""

    QUEUED = "queued", "waits for a worker"
    RUNNING = "running", "is being worked on"
    DONE = "done", "done"
    FAILED = "failed", "given up"


BATCH_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("running", "failed"),
    "running": ("running", "done", "failed"),  # taken up again after its worker died
}


class FileImportStatus(models.TextChoices):
    """How far the work on a file is that was given to be taken in."""

    LOOKED_AT = "looked_at", "waits for its workflow"
    QUEUED = "queued", "waits for a worker"
    RUNNING = "running", "is being taken in"
    ASKS = "asks", "waits for a yes or no"
    DONE = "done", "done"
    FAILED = "failed", "refused"


FILE_IMPORT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "looked_at": ("queued",),  # its workflow is made; a file whose workflow never is, is forgotten
    "queued": ("running", "failed"),
    "running": ("running", "asks", "done", "failed"),  # taken up again after its worker died
    "asks": ("queued", "failed"),  # somebody says that it may go on without the rows, or not
}
