"""Counters of decisions, kept as they arrive, so that no page scans the large tables."""

from typing import Any, ClassVar

from django.db import models

from cases.models import Workflow


class HourTally(models.Model):
    """One row per workflow, hour, route, reason and label: how many decisions there were."""

    id = models.BigAutoField(primary_key=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    sequence = models.SmallIntegerField(help_text="0: routings; 1: what people decided later.")
    route = models.CharField(max_length=15)
    reason = models.CharField(max_length=24)
    label = models.CharField(
        max_length=100, default="", help_text="Predicted label for routings, else the answer."
    )
    release_id = models.UUIDField(null=True)
    count = models.BigIntegerField(default=0)
    audited = models.BigIntegerField(default=0)

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
