"""What kind of data a model lacks."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField, WordsJSONField
from models_store.models import Release
from monitoring.types import StudyStatus


class DataStudy(models.Model):
    """One row per study of what a workflow's model lacks; a worker makes it, at most one at a time.

    `found` names cases, fields and numbers; no content of a case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="data_studies", db_index=False
    )
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=8, choices=StudyStatus, default=StudyStatus.QUEUED)
    step = models.CharField(max_length=100, blank=True, help_text=gettext_lazy("What the worker does now."))
    progress = models.FloatField(default=0.0, help_text=gettext_lazy("How much of it is done, in [0, 1]."))
    attempts = models.SmallIntegerField(default=0)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    worked_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("When the worker was last seen at it.")
    )
    finished_at = models.DateTimeField(null=True)
    found = WordsJSONField(default=dict)
    reason = WordsField(blank=True, default="", help_text=gettext_lazy("Why it was given up."))

    class Meta:
        verbose_name_plural = "data studies"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_study_at_a_time",
                fields=["workflow"],
                condition=Q(status__in=["queued", "running"]),
            ),
            models.CheckConstraint(
                name="study_progress_is_a_share", condition=Q(progress__gte=0, progress__lte=1)
            ),
            models.CheckConstraint(
                name="study_ends_with_its_status",
                condition=Q(status__in=["queued", "running"], finished_at=None)
                | Q(status__in=["done", "failed"], finished_at__isnull=False),
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(name="study_of_workflow", fields=["workflow", "-id"])]
