"""What waits for a person, and cases whose answer is known beforehand."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy

from cases.models import Case, Workflow
from cases.types import Purpose
from hitl.shared.ids import new_id
from hitl.shared.words import Words
from models_store.models import Release
from reviews.types import (
    MAX_ESCALATION,
    MAX_LEASES,
    Mode,
    TaskReason,
    TaskStatus,
)

# The due time less the head start: what a workflow's order sorts by (see `reviews.order`). By way of UTC,
# because the database calls sums of a time with a zone and an interval changeable.
_AS_IF_DUE_AT = Func(
    F("due_at"),
    F("head_start"),
    template="((%(expressions)s)) AT TIME ZONE 'UTC'",
    arg_joiner=" AT TIME ZONE 'UTC') - make_interval(secs => ",
    output_field=models.DateTimeField(),
)


class Task(models.Model):
    """One row per answer that a person is to give; its lease is part of the row.

    What the desk may show of the model is copied in by the flow. In a blind task those columns are NULL:
    blindness is a property of the row (ADR 0014).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(  # `one_task_per_slot` begins with it
        Case, on_delete=models.PROTECT, related_name="tasks", db_index=False
    )
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", db_index=False)
    schema_version = models.IntegerField()
    epoch = models.SmallIntegerField(default=1)
    slot = models.SmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=TaskStatus, default=TaskStatus.WAITING)
    purpose = models.CharField(max_length=15, choices=Purpose, default=Purpose.REVIEW)
    reasons = ArrayField(models.CharField(max_length=15, choices=TaskReason), default=list)
    mode = models.CharField(max_length=15, choices=Mode)
    inclusion_probability = models.FloatField(
        null=True, help_text=gettext_lazy("Probability that a blind label is collected for this case.")
    )
    suggestion = models.CharField(max_length=100, null=True)
    confidence = models.FloatField(null=True)
    runner_up = models.CharField(max_length=100, null=True)
    release = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    priority = models.SmallIntegerField(default=0, help_text=gettext_lazy("Higher goes first."))
    for_adjudicator = models.BooleanField(
        default=False, db_default=False, help_text=gettext_lazy("Only adjudicators are offered it.")
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    head_start = models.FloatField(
        default=0.0,
        db_default=0.0,
        help_text=gettext_lazy("Seconds by which it is sorted before its due time, by the workflow's order."),
    )
    goes_at = models.GeneratedField(
        expression=_AS_IF_DUE_AT, output_field=models.DateTimeField(), db_persist=True
    )
    overdue_at = models.DateTimeField(null=True, help_text=gettext_lazy("When it was dealt with as overdue."))
    first_label = models.CharField(
        max_length=100,
        null=True,
        help_text=gettext_lazy("What was answered before the suggestion was shown."),
    )
    lease_token = models.UUIDField(null=True, unique=True)
    leased_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="leases", db_index=False
    )
    leased_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    place = models.SmallIntegerField(
        null=True,
        help_text=gettext_lazy(
            "Which of the reviewer's few places it takes: the number of places is the cap."
        ),
    )
    ahead = models.BooleanField(
        default=False,
        db_default=False,
        help_text=gettext_lazy("Leased ahead for the next page: its holder has not seen it yet."),
    )
    held_until = models.DateTimeField(
        null=True, help_text=gettext_lazy("On hold until then, for whoever it is leased to.")
    )
    shelf = models.SmallIntegerField(
        null=True,
        help_text=gettext_lazy(
            "Which of the holder's places for cases on hold it takes: the number of places is the cap."
        ),
    )
    escalated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    escalated_at = models.DateTimeField(null=True)
    escalation = models.CharField(
        max_length=MAX_ESCALATION,
        blank=True,
        default="",
        db_default="",
        help_text=gettext_lazy("Why it was escalated."),
    )
    closed_at = models.DateTimeField(null=True)

    is_alone = False
    """Set where it was looked up: no other task of this case and epoch has an answer that counts."""

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_task_per_slot", fields=["case", "epoch", "purpose", "slot"]),
            models.CheckConstraint(
                name="blind_task_shows_nothing_of_the_model",
                condition=~Q(mode="blind")
                | Q(
                    suggestion__isnull=True,
                    confidence__isnull=True,
                    runner_up__isnull=True,
                    release__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="lease_is_whole",
                condition=Q(
                    status="leased",
                    lease_token__isnull=False,
                    leased_to__isnull=False,
                    lease_until__isnull=False,
                    place__isnull=False,
                )
                | (~Q(status="leased") & Q(lease_token__isnull=True, place__isnull=True)),
            ),
            models.CheckConstraint(
                name="task_reasons_are_known", condition=Q(reasons__contained_by=TaskReason.values)
            ),
            models.CheckConstraint(
                name="place_in_range", condition=Q(place__isnull=True) | Q(place__range=(1, MAX_LEASES))
            ),
            models.UniqueConstraint(
                name="one_task_per_place", fields=["leased_to", "place"], condition=Q(status="leased")
            ),
            models.CheckConstraint(
                name="adjudicators_lane_has_its_reasons",
                condition=Q(purpose="adjudication", for_adjudicator=True)
                | (~Q(purpose="adjudication") & Q(for_adjudicator=False))
                | Q(escalated_at__isnull=False, for_adjudicator=True),
            ),
            models.CheckConstraint(
                name="hold_is_whole",
                condition=Q(
                    status="held", held_until__isnull=False, leased_to__isnull=False, shelf__isnull=False
                )
                | (~Q(status="held") & Q(held_until__isnull=True, shelf__isnull=True)),
            ),
            models.UniqueConstraint(
                name="one_task_per_shelf", fields=["leased_to", "shelf"], condition=Q(status="held")
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="task_waiting",
                fields=["workflow", "for_adjudicator", "-priority", "goes_at", "id"],
                condition=Q(status="waiting"),
            ),
            models.Index(
                name="task_due",
                fields=["workflow", "due_at"],
                condition=Q(status="waiting", overdue_at__isnull=True),
            ),
            models.Index(name="task_hold_end", fields=["held_until"], condition=Q(status="held")),
            models.Index(name="task_lease_end", fields=["lease_until"], condition=Q(status="leased")),
        ]


class KnownAnswerCase(models.Model):
    """One row per case whose answer is known, asked again among the blind cases to see who finds it."""

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.PROTECT, related_name="known_answer")
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="known_answers")
    truth = models.CharField(max_length=100)
    predicted = models.CharField(
        max_length=100, null=True, help_text=gettext_lazy("What the model predicted for it, if anything.")
    )
    reason = models.TextField(blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    marked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text=gettext_lazy("Since then it is no longer asked."))

    def __str__(self) -> str:
        return Words("known answer of %(case)s", case=self.case_id)
