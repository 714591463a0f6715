"""Drills: risks that were played, to see whether their alarms rise."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField
from monitoring.types import StudyStatus


class Drill(models.Model):
    """One row per drill: a fault played in a database that was thrown away, and what came of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    fault = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=StudyStatus, default=StudyStatus.QUEUED)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    has_passed = models.BooleanField(null=True, help_text=gettext_lazy("Empty until it has been played."))
    outcome = models.JSONField(
        default=dict, help_text=gettext_lazy("What was seen: raised, told, cleared, after how long.")
    )
    reason = WordsField(blank=True, default="", help_text=gettext_lazy("Why it could not be played."))

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_drill_at_a_time",
                fields=["fault"],
                condition=Q(status__in=["queued", "running"]),
            ),
            models.CheckConstraint(
                name="played_drill_has_an_outcome",
                condition=Q(status="done", has_passed__isnull=False, finished_at__isnull=False)
                | ~Q(status="done") & Q(has_passed__isnull=True),
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(name="drill_of_fault", fields=["fault", "-id"])]
