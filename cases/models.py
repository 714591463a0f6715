"""What happened: workflows, their schemas, cases, media and labels."""

from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.types import CaseStatus, FileImportStatus, IntakeBatchStatus, Origin, Purpose
from hitl.accounts.models import ApiKey
from hitl.shared.ids import new_id
from hitl.shared.words import Words
from science.fields import Schema
from science.groups import group_of


def schema_of(fields: list[dict[str, Any]], labels: list[dict[str, Any]]) -> Schema:
    """Return the stored fields and labels of a schema version as `science` reads them: labels by name."""
    return Schema.from_json({"fields": fields, "labels": [label["name"] for label in labels]})


class Workflow(models.Model):
    """One row per kind of decision.

    `policy_version` rises with every change that bears on how the next case is decided (schema, degree,
    cutoffs, release, breaker): the write statement of intake compares it with what its process has cached.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(
        max_length=50,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", Words("Use a-z, 0-9 and -."))],
    )
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, help_text=gettext_lazy("What is decided here, in a sentence."))
    review_policy = models.TextField(
        blank=True, help_text=gettext_lazy("What reviewers decide by. They can open it at the desk.")
    )
    policy_version = models.IntegerField(default=1, editable=False)
    schema_version = models.IntegerField(
        default=1, editable=False, help_text=gettext_lazy("The number of the current schema.")
    )
    entity_field = models.CharField(
        max_length=100,
        blank=True,
        help_text=gettext_lazy(
            "The field that says which cases belong together: a customer, a speaker, a station."
        ),
    )
    created_at = models.DateTimeField(editable=False)
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Set: no new cases are accepted.")
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class SchemaVersion(models.Model):
    """One row per version of a workflow's fields and labels; never changed once a case uses it."""

    id = models.BigAutoField(primary_key=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="schemas")
    number = models.IntegerField()
    fields = models.JSONField(
        help_text=gettext_lazy("Fields in order: name, kind, required, options, bounds, flags.")
    )
    labels = models.JSONField(
        help_text=gettext_lazy("Labels in order: name, hotkey, cost of deciding it wrongly, meaning.")
    )
    schema_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="schema_number_is_unique", fields=["workflow", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.workflow_id} schema {self.number}"

    @cached_property
    def schema(self) -> Schema:
        """The fields and label names as `science` reads them."""
        return schema_of(self.fields, self.labels)

    @property
    def label_names(self) -> list[str]:
        """The labels' names in their order."""
        return [label["name"] for label in self.labels]


class KeyGrant(models.Model):
    """One row per workflow that an API key may be used for."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="grants")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="grants")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_grant_per_key_and_workflow", fields=["key", "workflow"]),
        ]


class Asset(models.Model):
    """One row per image or recording, named by its content; the bytes are in the media store."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    media_type = models.CharField(max_length=40)
    size_bytes = models.IntegerField()
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    likeness = models.BigIntegerField(
        null=True, help_text=gettext_lazy("Alike in files that look or sound alike.")
    )
    measures = models.JSONField(
        null=True, help_text=gettext_lazy("Brightness, loudness and the like, to see change by.")
    )
    stored_at = models.DateTimeField()

    @property
    def path(self) -> str:
        """Where the bytes lie in the media store."""
        return f"{self.sha256[:2]}/{self.sha256}"


class KeptFile(models.Model):
    """One row per file that cases of a workflow may name: to know a file's hash is not to have sent it."""

    workflow = models.ForeignKey(  # `kept_file_once` begins with it
        Workflow, on_delete=models.PROTECT, related_name="kept_files", db_index=False
    )
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="kept")
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "asset"], name="kept_file_once")]


class MediaUse(models.Model):
    """One row per workflow with files: how many bytes they have together, compared with the quota."""

    workflow = models.OneToOneField(
        Workflow, on_delete=models.PROTECT, related_name="media_use", primary_key=True
    )
    size_bytes = models.BigIntegerField(default=0)
    quota_bytes = models.BigIntegerField(
        null=True, help_text=gettext_lazy("Empty: as many as the setting says.")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(size_bytes__gte=0) & (Q(quota_bytes=None) | Q(quota_bytes__gte=0)),
                name="media_use_not_negative",
            )
        ]

    @property
    def quota(self) -> int:
        """How many bytes they may have."""
        return settings.MEDIA_QUOTA_BYTES if self.quota_bytes is None else self.quota_bytes


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
    notes = models.JSONField(default=list)
    reasons = models.JSONField(default=list, help_text=gettext_lazy("Why rows were refused, and how many."))
    reason = models.TextField(blank=True, help_text=gettext_lazy("Why it was refused, or what is asked."))

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
