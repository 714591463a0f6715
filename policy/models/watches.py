"""What looks for the moment when a promise stops being true."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from policy.models.certificates import Certificate
from policy.types import (
    MonitorLevel,
)


class Watch(models.Model):
    """One row per certificate under which cases are decided: its monitors, one per unit of the promise.

    The fields beside the monitors are as in `Trial`.
    """

    certificate = models.OneToOneField(
        Certificate, primary_key=True, on_delete=models.PROTECT, related_name="watch"
    )
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="watches")
    since = models.DateTimeField()
    horizon_cases = models.FloatField(help_text=gettext_lazy("Accepted cases to be expected in a year."))
    units = models.JSONField(help_text=gettext_lazy("Label of each unit, with its promise."))
    states = models.JSONField()
    level = models.CharField(max_length=5, choices=MonitorLevel, default=MonitorLevel.GREEN)
    early_level = models.CharField(
        max_length=5,
        choices=MonitorLevel,
        default=MonitorLevel.GREEN,
        help_text=gettext_lazy(
            "With the answers that are not final yet: a hint, which may raise amber and nothing else."
        ),
    )
    early = models.JSONField(
        default=dict,
        help_text=gettext_lazy("What early signs are read from: the review band, and the first scores."),
    )
    cursor_at = models.DateTimeField(null=True)
    cursor_case = models.UUIDField(null=True)
    read_at = models.DateTimeField()
    n_cases = models.BigIntegerField(default=0)
    n_labels = models.IntegerField(default=0)
    n_wrong = models.FloatField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "watches"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_open_watch_per_workflow", fields=["workflow"], condition=Q(ended_at__isnull=True)
            ),
        ]

    @property
    def is_calm(self) -> bool:
        """Whether no answer so far contradicts the promise."""
        return self.level == self.early_level == MonitorLevel.GREEN


class Reading(models.Model):
    """One row per block of audits that a watch has read: a point of the monitor's line."""

    id = models.BigAutoField(primary_key=True)
    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="readings", db_index=False)
    at = models.DateTimeField(help_text=gettext_lazy("Decision time of the block's last case."))
    n_cases = models.BigIntegerField()
    n_labels = models.IntegerField()
    n_wrong = models.FloatField()
    e_value = models.FloatField(help_text=gettext_lazy("The highest among the cutoffs in force."))

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(name="reading_of_watch", fields=["watch", "at"])]
