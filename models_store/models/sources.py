"""Models elsewhere whose scores may decide here, and what they said of each case."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Case, Workflow
from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField
from models_store.types import Door


class Source(models.Model):
    """One row per version of a model elsewhere: how its scores come in, and which labels they are for.

    Only one that a signed-in person has confirmed, and nobody has retired, is listened to. `sha256` names it:
    the hash of door, model, version, prompt, file and label map. A release is it with a calibrator.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="sources")
    door = models.CharField(max_length=12, choices=Door)
    model = models.CharField(max_length=200)
    version = models.CharField(max_length=200)
    label_map = models.JSONField(help_text=gettext_lazy("The workflow's label for each label that it sends."))
    labels = models.JSONField(
        help_text=gettext_lazy("The workflow's labels that it can say, in the order of its scores.")
    )
    address = models.CharField(
        max_length=500, blank=True, help_text=gettext_lazy("Where it is asked; empty: it is not.")
    )
    options = models.JSONField(default=dict, help_text=gettext_lazy("How its door asks and reads."))
    file_sha256 = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("Of the ONNX file that workers run.")
    )
    file_bytes = models.PositiveIntegerField(default=0)
    file_signature = models.BinaryField(null=True, help_text=gettext_lazy("That it was uploaded here."))
    secret = models.BinaryField(
        null=True, help_text=gettext_lazy("Sealed: the value of the header Authorization.")
    )
    seconds = models.FloatField(default=10, help_text=gettext_lazy("How long one answer may take."))
    deadline_seconds = models.FloatField(
        default=60, help_text=gettext_lazy("How long a case waits for its score.")
    )
    price = models.FloatField(
        default=0, help_text=gettext_lazy("Of a call; of 1,000 tokens where tokens are counted.")
    )
    known_answers = models.JSONField(default=list, help_text=gettext_lazy("What it is tried on by a worker."))
    busy_until = models.DateTimeField(null=True, help_text=gettext_lazy("A worker is at it until then."))
    trouble = models.CharField(
        max_length=24, blank=True, help_text=gettext_lazy("Why it gave no answer, last.")
    )
    trouble_words = WordsField(blank=True, default="")
    trouble_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64)
    tried = models.JSONField(
        help_text=gettext_lazy(
            "How many known answers it was tried on, and how many were right; empty before."
        )
    )
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=150)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=150, blank=True)
    retired_at = models.DateTimeField(null=True)
    retired_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_source_per_version",
                fields=["workflow", "model", "version"],
                condition=Q(retired_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.model} {self.version}"

    @property
    def is_in_use(self) -> bool:
        """Whether what it says of new cases is listened to."""
        return self.confirmed_at is not None and self.retired_at is None and bool(self.tried)

    @property
    def is_remote(self) -> bool:
        """Whether workers ask for its scores, or compute them."""
        return self.door != Door.SCORE_IN


class SourceScore(models.Model):
    """One row per case and source: what it said of the case, or why that is no score. It is said once."""

    pk = models.CompositePrimaryKey("source_id", "case_id")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="scores", db_index=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+", db_index=False)
    proba = ArrayField(
        models.FloatField(), null=True, help_text=gettext_lazy("As sent, in the order of `labels`.")
    )
    unusable = models.CharField(
        max_length=24, blank=True, default="", help_text=gettext_lazy("A reason of `OF_SOURCES`.")
    )
    at = models.DateTimeField(
        help_text=gettext_lazy("When it came; of one that is asked for, when the case did.")
    )
    milliseconds = models.FloatField(
        null=True, help_text=gettext_lazy("Its share of the time that the answer took.")
    )
    cost = models.FloatField(
        null=True, help_text=gettext_lazy("Its share of the price, in the price's currency.")
    )
    quoted = models.JSONField(
        null=True,
        help_text=gettext_lazy("What a language model quotes for which label; null where it was not asked."),
    )

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="score_awaited", fields=["source", "at", "case"], condition=Q(unusable="scoring")
            ),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="source_score_or_why_not",
                condition=Q(proba__isnull=False, unusable="") | (Q(proba__isnull=True) & ~Q(unusable="")),
            ),
        ]
