"""When all automation was stopped, by whom and why, and when it was started again."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from hitl.shared.ids import new_id


class Stop(models.Model):
    """One row per time that all automation was stopped; the one without `started_at` is in force."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reason = models.CharField(max_length=200)
    stopped_by = models.CharField(max_length=150)
    stopped_at = models.DateTimeField()
    started_by = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField(null=True)
    started_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                models.Value(1), name="one_stop_in_force", condition=Q(started_at__isnull=True)
            ),
            models.CheckConstraint(
                name="start_follows_stop",
                condition=Q(started_at__isnull=True) | Q(started_at__gte=models.F("stopped_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"stopped by {self.stopped_by}"
