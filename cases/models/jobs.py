"""Work on many cases at once: batches, imports, scoring again, voiding."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models.workflows import Workflow
from cases.types import FileImportStatus, IntakeBatchStatus
from hitl.accounts.models import ApiKey
from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField, WordsJSONField


class IntakeBatch(models.Model):
    """One row per batch of cases that was accepted for later (`Prefer: respond-async`).

    `body` is what was sent, dropped when it has been worked through; `items` is what became of each case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=10, choices=IntakeBatchStatus, default=IntakeBatchStatus.QUEUED)
    content_type = models.CharField(max_length=40)
    body = models.BinaryField(null=True)
    request_sha256 = models.BinaryField(max_length=32)
    idempotency_key = models.CharField(max_length=200, null=True)
    attempts = models.SmallIntegerField(default=0)
    received_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    accepted = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    items = models.JSONField(default=list)
    reason = models.TextField(blank=True, help_text=gettext_lazy("Why it was given up."))

    class Meta:
        verbose_name_plural = "intake batches"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="batch_idempotency_key_is_unique_for_client",
                fields=["key", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="batch_open", fields=["received_at"], condition=Q(status__in=["queued", "running"])
            ),
        ]


class FileImport(models.Model):
    """One row per file of labelled cases that was given on a page to be taken in.

    The file lies in the media store until the work on it has ended. `told` is what was said of its columns.
    `worked_at` moves while a worker is at it: one that died is seen by it. A file that a workflow is to be
    made from has none yet.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    status = models.CharField(max_length=10, choices=FileImportStatus, default=FileImportStatus.QUEUED)
    name = models.CharField(max_length=200, help_text=gettext_lazy("What the file is called."))
    told = models.JSONField(default=dict)
    is_attested = models.BooleanField(default=False)
    all_new = models.BooleanField(default=False)
    allow_refused = models.FloatField(help_text=gettext_lazy("The share of the rows that may be left out."))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    given_at = models.DateTimeField()
    worked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    progress = models.FloatField(default=0.0, help_text=gettext_lazy("Share of the file that was read."))
    taken = models.IntegerField(default=0)
    known = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    notes = WordsJSONField(default=list)
    reasons = WordsJSONField(default=list, help_text=gettext_lazy("Why rows were refused, and how many."))
    reason = WordsField(
        blank=True, default="", help_text=gettext_lazy("Why it was refused, or what is asked.")
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="allowed_share_in_range", condition=Q(allow_refused__range=(0, 1))),
            models.CheckConstraint(
                name="file_is_taken_in_somewhere",
                condition=Q(status="looked_at") | Q(workflow__isnull=False),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="file_import_open",
                fields=["given_at"],
                condition=Q(status__in=["looked_at", "queued", "running"]),
            ),
        ]

    @property
    def path(self) -> str:
        """Where the file lies in the media store."""
        return f"imports/{self.id}"

    @property
    def is_active(self) -> bool:
        """Whether a worker is at it, or will be."""
        return self.status in (FileImportStatus.QUEUED, FileImportStatus.RUNNING)

    @property
    def percent(self) -> int:
        """How much of the file was read, in per cent."""
        return round(100 * self.progress)


class Rescoring(models.Model):
    """One row per workflow: how far its waiting cases have been looked at again under its present policy.

    `version` is the policy version that they are looked at under, `cursor` the last task that was. What has
    been done is seen by the cases themselves: a pass that was cut off goes on, and one that is repeated
    changes nothing.
    """

    workflow = models.OneToOneField(
        Workflow, primary_key=True, on_delete=models.PROTECT, related_name="rescoring"
    )
    version = models.IntegerField()
    cursor = models.UUIDField(null=True)
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    total = models.IntegerField(default=0, help_text=gettext_lazy("Waiting cases there were to look at."))
    looked = models.IntegerField(default=0)
    decided = models.IntegerField(default=0, help_text=gettext_lazy("Decided by the model."))
    suggested = models.IntegerField(
        default=0, help_text=gettext_lazy("Still with people, with the model's suggestion.")
    )

    @property
    def percent(self) -> int:
        """How much of it is done, in per cent."""
        return min(round(100 * self.looked / self.total), 100) if self.total else 100


class Voiding(models.Model):
    """One row per voiding: somebody's answers since a moment no longer count; carried out in steps.

    Whatever they answered from `since` to `at` is taken back. Answers themselves stay stored. The counts say
    what has been done so far.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="voidings", db_index=False
    )
    workflow = models.ForeignKey(
        Workflow, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    since = models.DateTimeField()
    at = models.DateTimeField(
        help_text=gettext_lazy("Answers given until then are void; also the time of the voiding.")
    )
    reason = models.TextField()
    asked_by = models.CharField(max_length=150)
    asked_by_id = models.CharField(max_length=64)
    finished_at = models.DateTimeField(null=True)
    answers = models.IntegerField(default=0, help_text=gettext_lazy("Answers taken back."))
    labels = models.IntegerField(
        default=0, help_text=gettext_lazy("Labels that rested on them and no longer count.")
    )
    kept = models.IntegerField(
        default=0, help_text=gettext_lazy("Labels kept because others gave the same answer.")
    )
    reopened = models.IntegerField(default=0, help_text=gettext_lazy("Cases that wait for a person again."))
    reaudited = models.IntegerField(
        default=0, help_text=gettext_lazy("Automatic decisions that are audited again.")
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_voiding_at_a_time", fields=["reviewer"], condition=Q(finished_at__isnull=True)
            ),
            models.CheckConstraint(name="voiding_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="voiding_ends_after_it_begins", condition=Q(at__gte=models.F("since"))
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="voiding_of_reviewer", fields=["reviewer", "-at"]),
        ]

    def __str__(self) -> str:
        return f"answers of {self.reviewer} since {self.since:%Y-%m-%d %H:%M}"
