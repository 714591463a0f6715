"""Alarms, and the rules under which they rise."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from monitoring.types import AlarmStatus, CountFamily, Reference, Severity, Verdict


class AlarmRule(models.Model):
    """One row per rule that somebody set for a metric, past ones with it; without one the usual one holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="alarm_rules", db_index=False
    )
    family = models.CharField(max_length=8, choices=CountFamily)
    field = models.CharField(max_length=200, blank=True)
    measure = models.CharField(max_length=40)
    reference = models.CharField(max_length=8, choices=Reference)
    is_watched = models.BooleanField(default=True, help_text=gettext_lazy("False: its alarms helped nobody."))
    least_effect = models.FloatField(
        help_text=gettext_lazy("Smallest difference that is of interest, in [0, 1].")
    )
    reason = models.TextField()
    back_test = models.JSONField(
        help_text=gettext_lazy("What it would have done on what was measured here so far.")
    )
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_alarm_rule_in_force",
                fields=["workflow", "family", "field", "measure", "reference"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="least_effect_is_a_share", condition=Q(least_effect__gte=0, least_effect__lte=1)
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="alarm_rule_of_workflow", fields=["workflow", "-id"])
        ]


class AlarmRoute(models.Model):
    """One row per workflow whose alarms somebody owns, or are sent by mail; without one operators look."""

    workflow = models.OneToOneField(
        Workflow, primary_key=True, on_delete=models.PROTECT, related_name="alarm_route"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    mail_to = ArrayField(models.EmailField(), default=list, blank=True)
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()


class Alarm(models.Model):
    """One row per stretch of time in which a metric's alarm stood; at most one of a metric is not closed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="alarms", db_index=False)
    family = models.CharField(max_length=8, choices=CountFamily)
    field = models.CharField(max_length=200, blank=True)
    measure = models.CharField(max_length=40)
    reference = models.CharField(max_length=8, choices=Reference)
    severity = models.CharField(max_length=8, choices=Severity)
    status = models.CharField(max_length=12, choices=AlarmStatus, default=AlarmStatus.OPEN)
    window_from = models.DateTimeField(help_text=gettext_lazy("Of the window that last confirmed it."))
    window_until = models.DateTimeField()
    value = models.FloatField(
        help_text=gettext_lazy("Size of the difference when it was last confirmed, in [0, 1].")
    )
    threshold = models.FloatField(help_text=gettext_lazy("What that was held against."))
    raised_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text=gettext_lazy("When it was last confirmed."))
    cleared_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("Since when the difference has passed.")
    )
    mailed_at = models.DateTimeField(null=True, help_text=gettext_lazy("When its owner was written to."))
    silenced_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True)
    note = models.TextField(blank=True, help_text=gettext_lazy("What whoever closed it found."))

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_alarm_of_a_metric",
                fields=["workflow", "family", "field", "measure", "reference"],
                condition=~Q(status="closed"),
            ),
            models.CheckConstraint(
                name="closed_alarm_has_a_verdict",
                condition=Q(status="closed", closed_at__isnull=False) & ~Q(verdict="")
                | ~Q(status="closed") & Q(closed_at__isnull=True, verdict=""),
            ),
            models.CheckConstraint(
                name="silence_has_an_end",
                condition=~Q(status="silenced") | Q(silenced_until__isnull=False),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="alarm_of_workflow", fields=["workflow", "-id"]),
            models.Index(name="alarm_not_closed", fields=["workflow"], condition=~Q(status="closed")),
        ]
