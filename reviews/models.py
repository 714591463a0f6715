"""What people say: review tasks with their leases, and reviews."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from cases.models import Case, Workflow
from cases.types import Purpose
from hitl.shared.ids import new_id
from models_store.models import Release
from reviews.types import MOST_HELD, Mode, SkipReason, TaskReason, TaskStatus


class ReviewRules(models.Model):
    """One row per workflow: how its cases are reviewed."""

    workflow = models.OneToOneField(
        Workflow, primary_key=True, on_delete=models.PROTECT, related_name="review_rules"
    )
    reviews_required = models.SmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text="Blind answers per case.",
    )
    lease_seconds = models.IntegerField(
        default=300, validators=[MinValueValidator(30), MaxValueValidator(86_400)]
    )
    due_hours = models.FloatField(
        default=24, validators=[MinValueValidator(0.01)], help_text="Answer within."
    )

    class Meta:
        verbose_name_plural = "review rules"


class Task(models.Model):
    """One row per answer wanted of a person; its lease is part of the row.

    What the desk may show of the model is copied in by the flow. In a blind task those columns are NULL:
    blindness is a property of the row.
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
    mode = models.CharField(max_length=10, choices=Mode)
    pi = models.FloatField(null=True, help_text="Probability that a blind label is collected for this case.")
    suggestion = models.CharField(max_length=100, null=True)
    confidence = models.FloatField(null=True)
    runner_up = models.CharField(max_length=100, null=True)
    release = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    priority = models.SmallIntegerField(default=0, help_text="Higher goes first.")
    for_adjudicator = models.BooleanField(
        default=False, db_default=False, help_text="Only adjudicators are offered it; a lane of its own."
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lease_token = models.UUIDField(null=True, unique=True)
    leased_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="leases", db_index=False
    )
    leased_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    place = models.SmallIntegerField(
        null=True, help_text="Which of the reviewer's few places it takes: their number is the cap."
    )
    closed_at = models.DateTimeField(null=True)

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
                name="place_in_range", condition=Q(place__isnull=True) | Q(place__range=(1, MOST_HELD))
            ),
            models.UniqueConstraint(
                name="one_task_per_place", fields=["leased_to", "place"], condition=Q(status="leased")
            ),
            models.CheckConstraint(
                name="adjudications_have_their_lane",
                condition=Q(purpose="adjudication", for_adjudicator=True)
                | (~Q(purpose="adjudication") & Q(for_adjudicator=False)),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="task_waiting",
                fields=["workflow", "for_adjudicator", "-priority", "due_at", "id"],
                condition=Q(status="waiting"),
            ),
            models.Index(name="task_lease_end", fields=["lease_until"], condition=Q(status="leased")),
        ]


class Review(models.Model):
    """One row per answer of one person to one task; never changed but by taking it back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reviews")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reviews")
    epoch = models.SmallIntegerField(default=1)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews", db_index=False
    )
    label = models.CharField(max_length=100)
    comment = models.TextField(blank=True)
    mode = models.CharField(max_length=10, choices=Mode)
    shown = models.JSONField(default=dict, help_text="What of the model the reviewer saw.")
    lease_token = models.UUIDField(
        unique=True, help_text="The lease it was given under: its idempotency key."
    )
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    seconds = models.FloatField(help_text="Active seconds.")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_standing_review_per_task", fields=["task"], condition=Q(undone_at__isnull=True)
            ),
            models.UniqueConstraint(
                name="one_standing_review_per_person",
                fields=["case", "epoch", "reviewer"],
                condition=Q(undone_at__isnull=True),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="review_of_reviewer", fields=["reviewer", "-submitted_at"]),
        ]


class Skip(models.Model):
    """One row per task and person who would rather not answer it; until then it is offered to others only."""

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="skips", db_index=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=15, choices=SkipReason)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_skip_per_task_and_person", fields=["task", "reviewer"]),
        ]
