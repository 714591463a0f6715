"""Models, what they were judged on, and what each is used for."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Label, Workflow
from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField, WordsJSONField
from models_store.types import LabelUse, ReleaseRole


class Release(models.Model):
    """One row per model version: model, calibration, preprocessing and schema, immutable, named by its hash.

    The bytes lie in the artifact store under `artifact_sha256`; `signature` says the service made them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="releases")
    number = models.IntegerField(help_text=gettext_lazy("Counts the releases of the workflow."))
    schema_version = models.IntegerField()
    schema_sha256 = models.CharField(max_length=64)
    labels = models.JSONField(help_text=gettext_lazy("The model's labels in the order of its probabilities."))
    artifact_sha256 = models.CharField(max_length=64)
    artifact_bytes = models.IntegerField()
    signature = models.BinaryField(max_length=32)
    manifest = models.JSONField(
        help_text=gettext_lazy("Everything that names the training: data hash, seed, code, versions.")
    )
    report = WordsJSONField(help_text=gettext_lazy("The model card's numbers."))
    source = models.ForeignKey(
        "Source",
        null=True,
        on_delete=models.PROTECT,
        related_name="releases",
        help_text=gettext_lazy(
            "The model elsewhere whose scores it calibrates; null where a model was trained here."
        ),
    )
    is_cascade = models.BooleanField(
        default=False, help_text=gettext_lazy("A local model speaks first, its source of what that leaves.")
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="cascade_has_a_source", condition=Q(is_cascade=False) | Q(source__isnull=False)
            ),
            models.UniqueConstraint(name="release_number_is_unique", fields=["workflow", "number"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call it: its number and the first characters of its hash."""
        return f"v{self.number}-{self.artifact_sha256[:8]}"


class RoleSpan(models.Model):
    """One row per span of time in which a release had a role; the open one is its role now."""

    id = models.BigAutoField(primary_key=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="role_spans")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="role_spans")
    role = models.CharField(max_length=10, choices=ReleaseRole)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    by = models.CharField(max_length=150)
    reason = WordsField(blank=True, default="")
    evidence = models.JSONField(
        default=dict, help_text=gettext_lazy("What it rests on: a certificate, a gate's report.")
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_champion_per_workflow",
                fields=["workflow"],
                condition=Q(role="champion", until__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_canary_at_a_time",
                fields=["workflow"],
                condition=Q(role="canary", until__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_role_at_a_time", fields=["release"], condition=Q(until__isnull=True)
            ),
        ]


class LabelRole(models.Model):
    """One row per label and release: a label trains or certifies a version, never both."""

    id = models.BigAutoField(primary_key=True)
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="roles")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="label_roles")
    use = models.CharField(max_length=8, choices=LabelUse)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_use_per_label_and_release", fields=["release", "label"]),
        ]


class Evaluation(models.Model):
    """One row per release: what it said of labelled cases that it was not trained on.

    The arrays run in parallel, one place per case. First the cases it was trained on, each scored by a model
    of other groups; the last `n_held_out` had no part in training at all. `unsettled_*` are cases that people
    were asked about without the model's word and that have no label: most are disputes, and they are disputed
    because the model erred more often than others. Whoever leaves them out finds it better than it is.
    """

    release = models.OneToOneField(
        Release, primary_key=True, on_delete=models.CASCADE, related_name="evaluation"
    )
    n_held_out = models.IntegerField(default=0)
    label_ids = ArrayField(models.UUIDField())
    truth = ArrayField(
        models.SmallIntegerField(),
        help_text=gettext_lazy("Column of the label people gave; -1: none of them."),
    )
    predicted = ArrayField(
        models.SmallIntegerField(), help_text=gettext_lazy("Column of the most probable label.")
    )
    scores = ArrayField(
        models.FloatField(), help_text=gettext_lazy("Probability of that label; NaN where there is none.")
    )
    is_blind = ArrayField(
        models.BooleanField(), help_text=gettext_lazy("Given without sight of a model's output.")
    )
    purpose = ArrayField(models.CharField(max_length=15), help_text=gettext_lazy("Why the person was asked."))
    groups = ArrayField(
        models.BigIntegerField(), help_text=gettext_lazy("Equal in cases that belong together.")
    )
    unsettled_case_ids = ArrayField(models.UUIDField(), default=list)
    unsettled_predicted = ArrayField(models.SmallIntegerField(), default=list)
    unsettled_scores = ArrayField(models.FloatField(), default=list)
    unsettled_groups = ArrayField(models.BigIntegerField(), default=list)
