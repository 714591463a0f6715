"""Counters of decisions, kept as they arrive, the error budget of each period, and what else is watched."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from monitoring.models.alarms import Alarm, AlarmRoute, AlarmRule
from monitoring.models.counts import Baseline, Binning, CountCursor, HourCount
from monitoring.models.drift import DriftReading
from monitoring.models.maintain import DataStudy
from monitoring.models.overview import LiveFigures
from monitoring.models.replays import ReplayRun
from monitoring.models.risks import Drill
from monitoring.models.signs import EarlySign
from policy.types import LossKind, PeriodLength, Scope

__all__ = [
    "Alarm",
    "AlarmRoute",
    "AlarmRule",
    "Baseline",
    "Binning",
    "BudgetPeriod",
    "BudgetVerdict",
    "CountCursor",
    "DataStudy",
    "DriftReading",
    "Drill",
    "EarlySign",
    "HourCount",
    "HourTally",
    "LiveFigures",
    "ReplayRun",
    "Watermark",
]


class HourTally(models.Model):
    """One row per workflow, hour, route, reason and label: how many decisions there were."""

    id = models.BigAutoField(primary_key=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    sequence = models.SmallIntegerField(help_text=gettext_lazy("0: routings; 1: what people decided later."))
    route = models.CharField(max_length=15)
    reason = models.CharField(max_length=24)
    label = models.CharField(
        max_length=100, default="", help_text=gettext_lazy("Predicted label for routings, else the answer.")
    )
    release_id = models.UUIDField(null=True)
    count = models.BigIntegerField(default=0)
    audited = models.BigIntegerField(default=0)
    replaced = models.BigIntegerField(
        default=0, help_text=gettext_lazy("Of these, routings after which the case was routed again.")
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_tally",
                fields=["workflow", "hour", "sequence", "route", "reason", "label", "release_id"],
                nulls_distinct=False,
            ),
        ]


class Watermark(models.Model):
    """One row per stream that is counted into tallies: up to where it has been read."""

    stream = models.CharField(max_length=80, primary_key=True)
    read_until = models.DateTimeField()


class BudgetVerdict(models.TextChoices):
    """The verdict of a closed period."""

    KEPT = "kept", gettext_lazy("Proved kept")
    BROKEN = "broken", gettext_lazy("Proved broken")
    NOT_DECIDED = "not_decided", gettext_lazy("Not decided")
    NOTHING = "nothing", gettext_lazy("Nothing automated")


class BudgetPeriod(models.Model):
    """One row per workflow and period: what was promised of it beforehand, and what was delivered.

    `units`, `terms` and `states` run in parallel, one entry per unit of the promise. Target, terms and plan
    are fixed before the first decision; the states are a cache of rows, begun again when an answer changes.
    Once closed, a row is never changed: the database refuses it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="budget_periods")
    length = models.CharField(max_length=10, choices=PeriodLength)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text=gettext_lazy("End excluded."))
    frozen_at = models.DateTimeField(
        help_text=gettext_lazy("When the terms were fixed; nothing was delivered by then.")
    )
    scope = models.CharField(max_length=10, choices=Scope)
    loss = models.CharField(max_length=10, choices=LossKind)
    target = models.FloatField()
    confidence = models.FloatField()
    costs = models.JSONField(help_text=gettext_lazy("By label, what deciding it wrongly counts, in [0, 1]."))
    units = models.JSONField(help_text=gettext_lazy("Label of each unit; null is all decisions together."))
    terms = models.JSONField(
        help_text=gettext_lazy("What each unit is held to (science.guarantee.budget_verdict.Terms).")
    )
    plan = models.JSONField(
        help_text=gettext_lazy("What was expected, and how often it takes audits to prove it kept.")
    )
    states = models.JSONField(
        help_text=gettext_lazy("The error budget of each unit (science.guarantee.budget).")
    )
    cursor_at = models.DateTimeField(null=True)
    cursor_case = models.UUIDField(null=True)
    read_at = models.DateTimeField()
    n_decisions = models.BigIntegerField(default=0, help_text=gettext_lazy("Taken in so far."))
    forecast = models.JSONField(default=dict, help_text=gettext_lazy("Belief about the decisions to come."))
    overspends_since = models.DateTimeField(
        null=True, help_text=gettext_lazy("While decisions to come look too wrong.")
    )
    closed_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=12, choices=BudgetVerdict, blank=True)
    results = models.JSONField(
        default=list, help_text=gettext_lazy("The verdict of each unit, with its numbers.")
    )
    evidence = models.JSONField(
        default=list, help_text=gettext_lazy("What each unit's verdict is computed from.")
    )
    sha256 = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("Of the evidence, as the audit log has it.")
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_budget_begins_at_a_time", fields=["workflow", "begins_at"]),
            models.CheckConstraint(
                name="budget_ends_after_it_begins", condition=Q(ends_at__gt=F("begins_at"))
            ),
            models.CheckConstraint(
                name="closed_budget_has_a_verdict",
                condition=Q(closed_at__isnull=True, verdict="") | Q(closed_at__isnull=False) & ~Q(verdict=""),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="budget_open", fields=["workflow", "begins_at"], condition=Q(closed_at=None)),
        ]
