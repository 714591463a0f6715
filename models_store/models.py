"""Which model: releases, their roles, the runs that trained them and the labels they used."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Case, Label, Workflow
from hitl.shared.ids import new_id
from models_store.types import GateCheck, LabelUse, ReleaseRole, RunStatus, RunStep, Trigger, Unscored


class TrainingRun(models.Model):
    """One row per training run, from its trigger to its outcome; at most one at a time per workflow."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="training_runs")
    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.QUEUED)
    trigger = models.CharField(max_length=10, choices=Trigger)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_by_name = models.CharField(
        max_length=150, help_text=gettext_lazy("Of a person or a job of the service.")
    )
    because = models.CharField(max_length=300, blank=True, help_text=gettext_lazy("Why it was asked for."))
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True, help_text=gettext_lazy("The worker's last sign of life."))
    finished_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    rung_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("When a worker was last asked to take it.")
    )
    step = models.CharField(max_length=10, choices=RunStep, blank=True)
    log = models.JSONField(default=list, help_text=gettext_lazy("Steps with time and result."))
    reason = models.TextField(blank=True, help_text=gettext_lazy("Why it was refused or failed."))
    failed_checks = ArrayField(
        models.CharField(max_length=10, choices=GateCheck),
        default=list,
        help_text=gettext_lazy("The checks of the gate that refused it."),
    )
    release = models.ForeignKey("Release", null=True, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(
        "Source",
        null=True,
        on_delete=models.PROTECT,
        related_name="runs",
        help_text=gettext_lazy(
            "The model elsewhere whose calibrator it fits; null where a model is trained."
        ),
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_active_run_per_workflow",
                fields=["workflow"],
                condition=Q(status__in=["queued", "running"]),
            ),
            models.CheckConstraint(
                name="succeeded_run_has_a_release",
                condition=~Q(status="succeeded") | Q(release__isnull=False),
            ),
        ]

    @property
    def is_active(self) -> bool:
        """True while the run is queued or running."""
        return self.status in (RunStatus.QUEUED, RunStatus.RUNNING)


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
    report = models.JSONField(help_text=gettext_lazy("The model card's numbers."))
    source = models.ForeignKey(
        "Source",
        null=True,
        on_delete=models.PROTECT,
        related_name="releases",
        help_text=gettext_lazy(
            "The model elsewhere whose scores it calibrates; null where a model was trained here."
        ),
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
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
    reason = models.TextField(blank=True)
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


class ShadowProgress(models.Model):
    """One row per release that is or was in shadow: how far it has scored the traffic beside the champion.

    Routings count from `since` on, in their order; the cursor says which was the last. All counts are of
    cases drawn for scoring (`TrainingSettings.shadow_share`).
    """

    release = models.OneToOneField(
        Release, primary_key=True, on_delete=models.CASCADE, related_name="shadow_progress"
    )
    since = models.DateTimeField()
    cursor_at = models.DateTimeField(null=True)
    cursor_case = models.UUIDField(null=True)
    received = models.BigIntegerField(default=0)
    scored = models.BigIntegerField(default=0)
    unscored = models.BigIntegerField(default=0, help_text=gettext_lazy("Of them, without a usable score."))

    class Meta:
        verbose_name_plural = "shadow progress"


class ShadowScore(models.Model):
    """One row per case and release in shadow: what the release said of it, or why it said nothing.

    Partitioned by the month of `routed_at`; the table and its months are made by SQL
    (`hitl.shared.months`), so Django does not manage it. Whether the release would have decided the case
    is not stored: that follows from its cutoffs when the row is read.
    """

    pk = models.CompositePrimaryKey("release_id", "case_id", "routed_at")
    release = models.ForeignKey(
        Release, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    case = models.ForeignKey(
        Case, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    routed_at = models.DateTimeField(
        help_text=gettext_lazy("When the case was routed: its place in the order of evidence.")
    )
    predicted = models.CharField(max_length=100, null=True)
    score = models.FloatField(
        null=True, help_text=gettext_lazy("What the cutoff is compared with, in [0, 1].")
    )
    proba = ArrayField(models.FloatField(), null=True)
    unscored = models.CharField(max_length=12, choices=Unscored, blank=True, default="")
    scored_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "models_store_shadowscore"


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


class StoredExplanation(models.Model):
    """One row per case and release whose explanation has been computed: a cache, safe to empty."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+", db_index=False)
    target = models.CharField(max_length=100)
    contrast = models.CharField(max_length=100)
    body = models.JSONField(help_text="highlight/1")
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_evidence", fields=["case", "release", "target", "contrast"]),
        ]


class PrecedentIndex(models.Model):
    """One row per release whose training cases can be asked for those most alike a new one.

    The file lies in the artifact store beside the model's; it holds vectors, never what a case says.
    """

    release = models.OneToOneField(
        Release, primary_key=True, on_delete=models.CASCADE, related_name="precedent_index"
    )
    sha256 = models.CharField(max_length=64)
    size_bytes = models.IntegerField()
    signature = models.BinaryField(max_length=32)
    n_cases = models.IntegerField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "precedent indexes"


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


class TrainingSettings(models.Model):
    """One row per workflow: when it trains by itself."""

    workflow = models.OneToOneField(
        Workflow, primary_key=True, on_delete=models.CASCADE, related_name="training_settings"
    )
    is_automatic = models.BooleanField(
        gettext_lazy("Train without being asked"),
        default=True,
        help_text=gettext_lazy("Otherwise models are trained by hand only."),
    )
    min_new_labels = models.IntegerField(
        "New labels",
        default=200,
        validators=[MinValueValidator(1)],
        help_text=gettext_lazy("Train as soon as this many have come in since the last run."),
    )
    every_hours = models.FloatField(
        gettext_lazy("Hours between runs"),
        default=24,
        validators=[MinValueValidator(0.1)],
        help_text=gettext_lazy("Train after this time if there is any new label."),
    )
    most_wrong_in_a_slice = models.FloatField(
        gettext_lazy("Most wrong answers in any group of cases, %"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=gettext_lazy(
            "Refuse a model that is clearly wrong more often than this in any one group of cases."
            " Empty: no limit."
        ),
    )
    trusted_fields = ArrayField(
        models.CharField(max_length=200),
        verbose_name=gettext_lazy("Fields that may give the answer away"),
        default=list,
        blank=True,
        help_text=gettext_lazy(
            "Names, separated by commas. Otherwise a field that alone tells every label is refused,"
            " because it was probably filled in after the decision."
        ),
    )
    unread_words = ArrayField(
        models.CharField(max_length=100),
        verbose_name=gettext_lazy("Words to ignore"),
        default=list,
        db_default=[],
        blank=True,
        help_text=gettext_lazy(
            "Separated by commas. The next model does not read them: names, signatures, words that"
            " reviewers marked as misleading."
        ),
    )
    challengers_wait = models.BooleanField(
        gettext_lazy("New models wait for a person"),
        default=False,
        help_text=gettext_lazy("Otherwise a model that is proved takes the champion's place by itself."),
    )
    shadow_share = models.FloatField(
        gettext_lazy("Share of cases scored in shadow, %"),
        default=100,
        db_default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=gettext_lazy(
            "Models in shadow score this share of the cases, drawn at random, beside the champion."
        ),
    )
    disagreements_a_day = models.IntegerField(
        gettext_lazy("Disagreements answered a day"),
        default=100,
        db_default=100,
        validators=[MinValueValidator(0), MaxValueValidator(100_000)],
        help_text=gettext_lazy(
            "Cases that a model in shadow would decide otherwise than the champion are answered blind:"
            " all of them up to this many a day, of the others one in ten."
        ),
    )


from models_store.source_models import (  # noqa: E402 - Django looks for models here
    Source,  # noqa: F401
    SourceScore,  # noqa: F401
)
