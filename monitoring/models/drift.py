"""What each check found of each metric."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from monitoring.types import CountFamily, MetricState, Reference


class DriftReading(models.Model):
    """One row per metric and window that was checked: how far it is from its reference."""

    id = models.BigAutoField(primary_key=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+", db_index=False)
    family = models.CharField(max_length=8, choices=CountFamily)
    field = models.CharField(max_length=200, blank=True)
    measure = models.CharField(max_length=40)
    reference = models.CharField(max_length=8, choices=Reference)
    began_at = models.DateTimeField(help_text=gettext_lazy("Of the window."))
    ended_at = models.DateTimeField(help_text=gettext_lazy("Of the window, end excluded."))
    state = models.CharField(max_length=8, choices=MetricState)
    value = models.FloatField(help_text=gettext_lazy("Size of the difference, in [0, 1]."))
    threshold = models.FloatField(
        null=True, help_text=gettext_lazy("From which size on it counts; empty: not known.")
    )
    p_value = models.FloatField(null=True)
    q_value = models.FloatField(
        null=True, help_text=gettext_lazy("Rate of false discoveries at which it would be one.")
    )
    dispersion = models.FloatField(
        help_text=gettext_lazy("How much more windows vary than independent cases would.")
    )
    n_then = models.BigIntegerField()
    n_now = models.BigIntegerField()
    cell = models.IntegerField(
        help_text=gettext_lazy("Where the difference is largest; of numbers, at or below it.")
    )
    then = models.FloatField(help_text=gettext_lazy("Share there in the reference."))
    now = models.FloatField(help_text=gettext_lazy("Share there in the window."))
    changed_from = models.DateTimeField(null=True, help_text=gettext_lazy("When it began: not before."))
    changed_until = models.DateTimeField(null=True, help_text=gettext_lazy("When it began: not after."))
    facts = models.JSONField(
        default=dict, help_text=gettext_lazy("What else is said of what was examined on cases.")
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_drift_reading",
                fields=["workflow", "ended_at", "reference", "family", "field", "measure"],
            ),
            models.CheckConstraint(name="reading_has_a_window", condition=Q(began_at__lt=F("ended_at"))),
            models.CheckConstraint(
                name="calm_only_where_known",
                condition=Q(state="unknown") | Q(p_value__isnull=False, threshold__isnull=False),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="reading_of_metric",
                fields=["workflow", "family", "field", "measure", "reference", "-ended_at"],
            ),
            models.Index(name="reading_by_age", fields=["ended_at"]),
        ]
