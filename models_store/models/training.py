"""Training runs, and when to train."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField, WordsJSONField
from models_store.types import GateCheck, RunStatus, RunStep, Trigger


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
    because = WordsField(blank=True, default="", help_text=gettext_lazy("Why it was asked for."))
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True, help_text=gettext_lazy("The worker's last sign of life."))
    finished_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    rung_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("When a worker was last asked to take it.")
    )
    step = models.CharField(max_length=10, choices=RunStep, blank=True)
    log = WordsJSONField(default=list, help_text=gettext_lazy("Steps with time and result."))
    reason = WordsField(blank=True, default="", help_text=gettext_lazy("Why it was refused or failed."))
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
    is_cascade = models.BooleanField(
        default=False,
        help_text=gettext_lazy("Trains a model as well, and leaves to its source what that is not sure of."),
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
            models.CheckConstraint(
                name="run_of_a_cascade_has_a_source",
                condition=Q(is_cascade=False) | Q(source__isnull=False),
            ),
        ]

    @property
    def is_active(self) -> bool:
        """True while the run is queued or running."""
        return self.status in (RunStatus.QUEUED, RunStatus.RUNNING)


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
