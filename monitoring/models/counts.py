"""Counts of what came in and went out, by the hour, and the bins that they are counted in."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from monitoring.types import CountFamily


class Binning(models.Model):
    """One row per set of bins that a workflow's fields were or are counted in.

    Other fields, or a new normal that a person declared, make other bins; what was counted in those before
    stays and is never compared with what comes later.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="binnings", db_index=False)
    schema_version = models.IntegerField()
    bins = models.JSONField(help_text="science.drift.counting.Bins")
    n_cases = models.IntegerField(help_text=gettext_lazy("From how many cases they were learned."))
    reason = models.CharField(max_length=200, help_text=gettext_lazy("Why they were made."))
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_binning_in_use", fields=["workflow"], condition=Q(ended_at=None)
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(name="binning_of_workflow", fields=["workflow", "-id"])]


class Baseline(models.Model):
    """One row per release, or per new normal, counted in some bins: what "as before" means."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    binning = models.ForeignKey(Binning, on_delete=models.CASCADE, related_name="baselines")
    release_id = models.UUIDField(
        null=True, help_text=gettext_lazy("Whose training cases they are; empty: others.")
    )
    n_cases = models.IntegerField()
    counts = models.JSONField(help_text=gettext_lazy("[field, measure, counts] of each."))
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_baseline", fields=["binning", "release_id"], nulls_distinct=False
            ),
        ]


class CountCursor(models.Model):
    """One row per workflow: up to which transaction its routings have been counted.

    Routings are dated before they commit, so a date would leave out those that commit late. A number of a
    transaction below which none is running any more leaves out none: see `monitoring.counts.horizon`.
    """

    workflow = models.OneToOneField(
        Workflow, primary_key=True, on_delete=models.CASCADE, related_name="count_cursor"
    )
    from_xid = models.BigIntegerField(
        default=0, help_text=gettext_lazy("All transactions below it are counted.")
    )
    to_xid = models.BigIntegerField(
        null=True, help_text=gettext_lazy("Up to where the pass that is under way counts.")
    )
    place_at = models.DateTimeField(null=True, help_text=gettext_lazy("How far that pass is."))
    place_case = models.UUIDField(null=True)
    marks = models.JSONField(
        default=list,
        help_text=gettext_lazy("[time, next transaction] of passes: from when uncounted rows may be dated."),
    )
    counted = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True)


class HourCount(models.Model):
    """One row per hour, release and measure: how many values fell into each cell. Rows add up.

    Partitioned by the month of `hour` (migration 0003, `monitoring.counts.retention`): in PostgreSQL the hour
    is part of the primary key, and nothing refers to these rows. A foreign key would let each new month wait
    for whoever writes workflows.
    """

    id = models.BigAutoField(primary_key=True)
    workflow = models.ForeignKey(
        Workflow, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    binning = models.ForeignKey(
        Binning,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    release_id = models.UUIDField(null=True)
    hour = models.DateTimeField()
    family = models.CharField(max_length=8, choices=CountFamily)
    field = models.CharField(max_length=200, blank=True)
    measure = models.CharField(max_length=40)
    counts = ArrayField(models.BigIntegerField())

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_hour_count",
                fields=["workflow", "hour", "family", "field", "measure", "release_id", "binning"],
                nulls_distinct=False,
            ),
        ]
