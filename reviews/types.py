"""Words of reviews."""

from datetime import timedelta

from django.db import models

MOST_HELD = 3  # tasks one person may hold at a time
AWAY_GRACE = timedelta(seconds=60)  # how long a task is kept for somebody whose page is hidden or closed
SKIP_LASTS = timedelta(hours=1)
MAX_COMMENT = 2_000


class TaskStatus(models.TextChoices):
    """Where a review task stands."""

    WAITING = "waiting", "waiting"
    LEASED = "leased", "with a reviewer"
    DONE = "done", "answered"
    DROPPED = "dropped", "no longer needed"


TASK_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "waiting": ("leased", "dropped"),
    "leased": ("waiting", "done", "dropped"),
    "done": ("leased",),  # the answer was taken back, and lies before the same person again
    "dropped": ("waiting",),
}


class Mode(models.TextChoices):
    """What of the model the reviewer sees. Drawn once per case and slot, stored, never redrawn."""

    BLIND = "blind", "blind: nothing of the model"
    ASSISTED = "assisted", "assisted: suggestion and evidence"


class TaskReason(models.TextChoices):
    """Why a task is in the queue; a task may have several. Leads see them, reviewers do not."""

    UNCERTAIN = "uncertain", "the model is not sure enough"
    NO_MODEL = "no_model", "there is no model"
    DEGREE = "degree", "people decide everything here"
    AUDIT = "audit", "audit of an automatic decision"
    SECOND = "second", "second review"
    DISAGREEMENT = "disagreement", "answers disagree"
    GOLD = "gold", "known-answer case"
    APPEAL = "appeal", "appeal"
    RECALLED = "recalled", "recalled decision"
    BREAKER = "breaker", "the breaker has tripped"
    UNFIT = "unfit", "the model cannot read this case"
    UNDONE = "undone", "an answer was taken back"


class SkipReason(models.TextChoices):
    """Why somebody passes a task on."""

    UNSURE = "unsure", "I cannot tell"
    KNOWLEDGE = "knowledge", "It needs somebody else's knowledge"
    DISPLAY = "display", "It does not show properly"
    CONFLICT = "conflict", "I should not decide this one"
    LATER = "later", "Not now"
