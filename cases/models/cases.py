"""What came in, and what people say is true of it."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models.workflows import Workflow
from cases.types import CaseStatus, Origin, Purpose
from hitl.accounts.models import ApiKey
from hitl.shared.ids import new_id
from science.groups import group_of


class Case(models.Model):
    """One row per item to decide.

    `content` is canonical: validated, NFC text, media by the hash of their bytes. `answer` is what the case
    counts as now. `epoch` is 1 when the case comes in, and one more each time it is looked at again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(  # `case_of_workflow` begins with it
        Workflow, on_delete=models.PROTECT, related_name="cases", db_index=False
    )
    schema_version = models.IntegerField()
    content = models.JSONField()
    content_sha256 = models.BinaryField(max_length=32)
    entity = models.CharField(
        max_length=200,
        null=True,
        help_text=gettext_lazy("What brought it: a customer, a speaker, a document, a station."),
    )
    group_key = models.BigIntegerField(
        null=True,
        help_text=gettext_lazy("Equal in cases that belong together; empty: those of the same content do."),
    )
    status = models.CharField(max_length=10, choices=CaseStatus)
    answer = models.CharField(max_length=100, null=True)
    epoch = models.SmallIntegerField(default=1)
    origin = models.CharField(max_length=15, choices=Origin, default=Origin.API)
    reference = models.CharField(
        max_length=200, null=True, help_text=gettext_lazy("The submitter's own name for the case.")
    )
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    idempotency_key = models.CharField(max_length=200, null=True)
    batch_index = models.IntegerField(null=True, help_text=gettext_lazy("Place in the batch it came with."))
    request_sha256 = models.BinaryField(
        max_length=32, null=True, help_text=gettext_lazy("Hash of the request that made it.")
    )
    received_at = models.DateTimeField()
    changed_at = models.DateTimeField(help_text=gettext_lazy("When status or answer last changed."))

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="reference_is_unique_in_workflow",
                fields=["workflow", "reference"],
                condition=Q(reference__isnull=False),
            ),
            models.UniqueConstraint(
                name="idempotency_key_is_unique_for_client",
                fields=["key", "idempotency_key", "batch_index"],
                condition=Q(idempotency_key__isnull=False),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="decided_case_has_an_answer", condition=~Q(status="decided") | Q(answer__isnull=False)
            ),
            models.CheckConstraint(
                name="waiting_case_has_no_answer", condition=~Q(status="waiting") | Q(answer__isnull=True)
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="case_of_workflow", fields=["workflow", "-id"]),
            models.Index(
                name="case_of_entity",
                fields=["workflow", "entity", "-id"],
                condition=Q(entity__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference or str(self.id)

    @property
    def group(self) -> int:
        """What it must not be parted from in training, tests and proofs."""
        return group_of(self.group_key, bytes(self.content_sha256))


class Label(models.Model):
    """One row per answer that is or was a case's label; append-only, a later one supersedes.

    `inclusion_probability` is the chance that a blind label was collected for this case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="labels")
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", db_index=False)
    schema_version = models.IntegerField()
    label = models.CharField(max_length=100)
    purpose = models.CharField(max_length=15, choices=Purpose)
    labelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    is_blind = models.BooleanField(help_text=gettext_lazy("Given without sight of the model's output."))
    inclusion_probability = models.FloatField(null=True)
    seconds = models.FloatField(null=True, help_text=gettext_lazy("Active seconds at the desk."))
    review_id = models.UUIDField(null=True, help_text=gettext_lazy("The answer that brought it about."))
    at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    superseded_by_review_id = models.UUIDField(null=True, help_text=gettext_lazy("The answer that ended it."))

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_current_label_per_case", fields=["case"], condition=Q(superseded_at__isnull=True)
            ),
            models.CheckConstraint(
                name="label_probability_in_range",
                condition=Q(inclusion_probability__isnull=True)
                | Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="current_label_of_workflow",
                fields=["workflow", "id"],
                condition=Q(superseded_at__isnull=True),
            ),
            models.Index(name="label_by_time", fields=["workflow", "at"]),
            models.Index(
                name="label_by_end",
                fields=["workflow", "superseded_at"],
                condition=Q(superseded_at__isnull=False),
            ),
        ]
