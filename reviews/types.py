"""Choices and limits of reviews."""

from datetime import timedelta

from django.db import models

MAX_LEASES = 3  # tasks one person may hold at a time
MAX_AHEAD = 2
SKIP_LASTS = timedelta(hours=1)
FOR_GOOD = timedelta(days=36_500)
MAX_COMMENT = 2_000
MAX_NOTE = 300
MAX_NOTES = 20
MAX_ESCALATION = 500


# Batches: cases with one suggestion of one release that are alike.
MAX_LOOKED_AT = 500  # waiting tasks of a workflow that are grouped, the next in the queue
MIN_ALIKE = 10  # tasks in a group that is offered as a batch
READ_FIRST = 5  # of a batch, drawn at random, before the others can be accepted unread
BATCH_LASTS = timedelta(minutes=30)


class ReviewBatchStatus(models.TextChoices):
    """Status of a batch of alike cases."""

    OPEN = "open", "being read"
    ACCEPTED = "accepted", "accepted"
    DISSOLVED = "dissolved", "dissolved: an answer was another than the suggestion"
    LEFT = "left", "left"


BATCH_TRANSITIONS: dict[str, tuple[str, ...]] = {"open": ("accepted", "dissolved", "left")}


class TaskStatus(models.TextChoices):
    """Status of a review task."""

    WAITING = "waiting", "waiting"
    LEASED = "leased", "with a reviewer"
    HELD = "held", "on hold"
    DONE = "done", "answered"
    DROPPED = "dropped", "no longer needed"


TASK_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "waiting": ("leased", "done", "dropped"),  # done: claimed and answered in one go, with others like it
    "leased": ("waiting", "done", "dropped", "held"),
    "held": ("leased", "waiting", "dropped"),  # its owner goes on with it, or its time is over
    "done": ("leased", "waiting"),  # the answer was taken back by the same person, or is void: ask another
    "dropped": ("waiting",),
}
OPEN = (TaskStatus.WAITING, TaskStatus.LEASED, TaskStatus.HELD)  # somebody is to answer still


class Mode(models.TextChoices):
    """What the reviewer sees of the model. Drawn once per case and slot, and stored."""

    BLIND = "blind", "blind: nothing of the model"
    DECIDE_FIRST = "decide_first", "answer first, then see the suggestion"
    ON_DEMAND = "on_demand", "the suggestion when asked for"
    ASSISTED = "assisted", "assisted: suggestion and evidence"


class TaskReason(models.TextChoices):
    """Why a task is in the queue; a task may have several. Leads see them, reviewers do not."""

    UNCERTAIN = "uncertain", "the model is not sure enough"
    UNPROVED = "unproved", "the promise is not proved for it, or not yet in full"
    NO_MODEL = "no_model", "there is no model"
    DEGREE = "degree", "people decide everything here"
    AUDIT = "audit", "audit of an automatic decision"
    SECOND = "second", "second answer"
    DISAGREEMENT = "disagreement", "answers disagree"
    KNOWN_ANSWER = "known_answer", "known-answer case"
    APPEAL = "appeal", "appeal"
    VOIDED = "voided", "an answer was voided"
    RECALLED = "recalled", "an automatic decision was recalled"
    BREAKER = "breaker", "the breaker has tripped"
    STOPPED = "stopped", "all automation is stopped"
    UNFIT = "unfit", "the model cannot read this case"
    UNFAMILIAR = "unfamiliar", "the model learned from nothing like this case"
    UNSAID = "unsaid", "no usable score of the model elsewhere came with it"
    UNDONE = "undone", "an answer was taken back"
    ESCALATED = "escalated", "a reviewer escalated it"
    OVERDUE = "overdue", "its time to be answered has passed"


READ_ALONE = (
    TaskReason.AUDIT, TaskReason.SECOND, TaskReason.DISAGREEMENT, TaskReason.KNOWN_ANSWER, TaskReason.APPEAL,
    TaskReason.VOIDED, TaskReason.UNDONE,
)  # fmt: skip
"""Whoever is asked for one of these is to judge by themselves: such cases are in no batch, nor chosen."""


class SkipReason(models.TextChoices):
    """Why somebody skips a task."""

    UNSURE = "unsure", "I cannot tell"
    KNOWLEDGE = "knowledge", "It needs somebody else's knowledge"
    DISPLAY = "display", "It does not show properly"
    CONFLICT = "conflict", "I should not decide this one"
    LATER = "later", "Not now"


class SkipRule(models.TextChoices):
    """What becomes of a task that somebody skips."""

    ME = "me", "others are offered it at once, this person again after an hour"
    OTHERS = "others", "only others are offered it"
    DROP = "drop", "nobody is asked: the case is withdrawn"


class OrderKind(models.TextChoices):
    """What goes first among tasks of the same priority."""

    DUE = "due", "what is due first"
    AGE = "age", "what came in first"


class SlaAction(models.TextChoices):
    """What is done with an overdue task."""

    NONE = "none", "nothing: it is shown as overdue"
    RAISE = "raise", "it goes before every case that is not late"
    ESCALATE = "escalate", "it goes to the adjudicators"
    DEFAULT = "default", "the case gets the default label, which trains and proves nothing"
