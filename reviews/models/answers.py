"""What people said: one by one, in batches, or that they would not say."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Case, Workflow
from hitl.shared.ids import new_id
from models_store.models import Release
from reviews.models.tasks import Task
from reviews.types import (
    Mode,
    ReviewBatchStatus,
    SkipReason,
)


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
    reason_code = models.CharField(max_length=50, blank=True, default="", db_default="")
    first_label = models.CharField(
        max_length=100,
        null=True,
        help_text=gettext_lazy("The answer before the suggestion was shown: it is blind."),
    )
    mode = models.CharField(max_length=15, choices=Mode)
    shown = models.JSONField(default=dict, help_text=gettext_lazy("What of the model the reviewer saw."))
    marks = models.JSONField(
        default=list, help_text=gettext_lazy("Regions and time ranges that the reviewer marked.")
    )
    flags = models.JSONField(default=list, help_text=gettext_lazy("Highlights that helped or misled."))
    lease_token = models.UUIDField(
        unique=True, help_text=gettext_lazy("The lease it was given under: its idempotency key.")
    )
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    seconds = models.FloatField(help_text=gettext_lazy("Active seconds."))
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
            models.Index(name="review_by_time", fields=["submitted_at"]),
            models.Index(name="review_by_end", fields=["undone_at"], condition=Q(undone_at__isnull=False)),
        ]

    @property
    def said_unseen(self) -> str | None:
        """What was answered before anything of the model was seen; None where that was nothing."""
        return said_unseen(self.mode, self.label, self.first_label)


def said_unseen(mode: str, label: str, first_label: str | None) -> str | None:
    """Return the blind answer in a review: the whole of one given blind, else what was said first.

    >>> said_unseen("decide_first", "ham", "spam")
    'spam'
    """
    return label if mode == Mode.BLIND else first_label


SAID_UNSEEN = Q(mode=Mode.BLIND) | Q(first_label__isnull=False)
"""The reviews that hold a blind answer."""


class ReviewBatch(models.Model):
    """One row per batch of alike cases that somebody opened: its cases in random order, and its outcome.

    It takes no leases: whatever somebody else answers meanwhile is passed by when the batch is accepted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", db_index=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    suggestion = models.CharField(max_length=100)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    task_ids = ArrayField(
        models.UUIDField(), help_text=gettext_lazy("In random order: those that are read come first.")
    )
    status = models.CharField(max_length=10, choices=ReviewBatchStatus, default=ReviewBatchStatus.OPEN)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="review_batch_open", fields=["workflow", "expires_at"], condition=Q(status="open")
            ),
        ]


class Skip(models.Model):
    """One row per task and person who skipped it; until then it is offered to others only."""

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
