"""Choices and limits of reviews."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy, pgettext_lazy

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

    OPEN = "open", gettext_lazy("being read")
    ACCEPTED = "accepted", gettext_lazy("accepted")
    DISSOLVED = "dissolved", gettext_lazy("dissolved: an answer was another than the suggestion")
    LEFT = "left", pgettext_lazy("a batch", "left")


BATCH_TRANSITIONS: dict[str, tuple[str, ...]] = {"open": ("accepted", "dissolved", "left")}


class TaskStatus(models.TextChoices):
    """Status of a review task."""

    WAITING = "waiting", gettext_lazy("waiting")
    LEASED = "leased", gettext_lazy("with a reviewer")
    HELD = "held", pgettext_lazy("a case", "on hold")
    DONE = "done", gettext_lazy("answered")
    DROPPED = "dropped", gettext_lazy("no longer needed")


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

    BLIND = "blind", gettext_lazy("blind: nothing of the model")
    DECIDE_FIRST = "decide_first", gettext_lazy("answer first, then see the suggestion")
    ON_DEMAND = "on_demand", gettext_lazy("the suggestion when asked for")
    ASSISTED = "assisted", gettext_lazy("assisted: suggestion and evidence")


class TaskReason(models.TextChoices):
    """Why a task is in the queue; a task may have several. Leads see them, reviewers do not."""

    UNCERTAIN = "uncertain", gettext_lazy("the model is not sure enough")
    UNPROVED = "unproved", gettext_lazy("the promise is not proved for it, or not yet in full")
    NO_MODEL = "no_model", gettext_lazy("there is no model")
    DEGREE = "degree", gettext_lazy("people decide everything here")
    AUDIT = "audit", gettext_lazy("audit of an automatic decision")
    SECOND = "second", gettext_lazy("second answer")
    DISAGREEMENT = "disagreement", gettext_lazy("answers disagree")
    KNOWN_ANSWER = "known_answer", gettext_lazy("known-answer case")
    APPEAL = "appeal", gettext_lazy("appeal")
    VOIDED = "voided", gettext_lazy("an answer was voided")
    RECALLED = "recalled", gettext_lazy("an automatic decision was recalled")
    BREAKER = "breaker", gettext_lazy("the breaker has tripped")
    STOPPED = "stopped", gettext_lazy("all automation is stopped")
    UNFIT = "unfit", gettext_lazy("the model cannot read this case")
    UNFAMILIAR = "unfamiliar", gettext_lazy("the model learned from nothing like this case")
    UNSAID = "unsaid", gettext_lazy("no usable score of the model elsewhere came with it")
    UNDONE = "undone", gettext_lazy("an answer was taken back")
    ESCALATED = "escalated", gettext_lazy("a reviewer escalated it")
    OVERDUE = "overdue", gettext_lazy("its time to be answered has passed")


READ_ALONE = (
    TaskReason.AUDIT, TaskReason.SECOND, TaskReason.DISAGREEMENT, TaskReason.KNOWN_ANSWER, TaskReason.APPEAL,
    TaskReason.VOIDED, TaskReason.UNDONE,
)  # fmt: skip
"""Whoever is asked for one of these is to judge by themselves: such cases are in no batch, nor chosen."""


class SkipReason(models.TextChoices):
    """Why somebody skips a task."""

    UNSURE = "unsure", gettext_lazy("I cannot tell")
    KNOWLEDGE = "knowledge", gettext_lazy("It needs somebody else's knowledge")
    DISPLAY = "display", gettext_lazy("It does not show properly")
    CONFLICT = "conflict", gettext_lazy("I should not decide this one")
    LATER = "later", gettext_lazy("Not now")


class SkipRule(models.TextChoices):
    """What becomes of a task that somebody skips."""

    ME = "me", gettext_lazy("others are offered it at once, this person again after an hour")
    OTHERS = "others", gettext_lazy("only others are offered it")
    DROP = "drop", gettext_lazy("nobody is asked: the case is withdrawn")


class OrderKind(models.TextChoices):
    """What goes first among tasks of the same priority."""

    DUE = "due", gettext_lazy("what is due first")
    AGE = "age", gettext_lazy("what came in first")


class SlaAction(models.TextChoices):
    """What is done with an overdue task."""

    NONE = "none", gettext_lazy("nothing: it is shown as overdue")
    RAISE = "raise", gettext_lazy("it goes before every case that is not late")
    ESCALATE = "escalate", gettext_lazy("it goes to the adjudicators")
    DEFAULT = "default", gettext_lazy("the case gets the default label, which trains and proves nothing")
