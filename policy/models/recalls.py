"""Decisions that are taken back to be looked at again."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Case, Workflow
from hitl.shared.ids import new_id
from models_store.models import Release


class Recall(models.Model):
    """One row per recall: automatic decisions that people are asked about again, the most harmful first.

    What it takes is said by the columns below: each that is not empty narrows it, and only what was decided
    before it was asked for counts. `per_day` is its budget: cases that people are asked about in 24 hours.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="recalls")
    release = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    label = models.CharField(max_length=100, blank=True, help_text=gettext_lazy("What was decided."))
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    field = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=200, blank=True, help_text=gettext_lazy("Of the field, as text."))
    entity = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500)
    per_day = models.IntegerField()
    asked_by = models.CharField(max_length=150)
    asked_by_id = models.CharField(max_length=64)
    at = models.DateTimeField()
    listed_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("When its cases were written down, in their order.")
    )
    total = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    ended_by = models.CharField(
        max_length=150, blank=True, help_text=gettext_lazy("Who ended it before all were asked.")
    )
    report = models.JSONField(
        default=dict, help_text=gettext_lazy("What it found, as it was when it was closed.")
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="recall_has_a_budget", condition=Q(per_day__gte=1)),
            models.CheckConstraint(name="recall_has_a_reason", condition=~Q(reason="")),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="recall_open", fields=["at"], condition=Q(finished_at__isnull=True)),
            models.Index(name="recall_of_workflow", fields=["workflow", "-at"]),
        ]

    def __str__(self) -> str:
        return f"recall {str(self.id)[-8:]}"


class RecalledCase(models.Model):
    """One row per decision that a recall takes; a decision is recalled once.

    `asked_at` is set in the transaction in which somebody is asked. `passed_by`: it had been answered by
    people, or withdrawn, before its turn came.
    """

    id = models.BigAutoField(primary_key=True)
    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="cases", db_index=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_index=False)
    epoch = models.SmallIntegerField()
    place = models.IntegerField(help_text=gettext_lazy("In the order of expected harm, from 1."))
    harm = models.FloatField(
        help_text=gettext_lazy("Chance of a mistake times its cost against the highest, in [0, 1].")
    )
    label = models.CharField(max_length=100, help_text=gettext_lazy("What had been decided."))
    asked_at = models.DateTimeField(null=True)
    passed_by = models.BooleanField(default=False)
    answer = models.CharField(max_length=100, null=True, help_text=gettext_lazy("What people settled on."))
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="a_decision_is_recalled_once", fields=["case", "epoch"]),
            models.UniqueConstraint(name="one_place_in_a_recall", fields=["recall", "place"]),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="recalled_unanswered",
                fields=["recall"],
                condition=Q(asked_at__isnull=False, answered_at__isnull=True, passed_by=False),
            ),
            models.Index(name="recalled_asked", fields=["recall", "asked_at"]),
        ]
