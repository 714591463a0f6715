"""Replays that somebody asked for."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField
from monitoring.types import ReplayStatus


class ReplayRun(models.Model):
    """One row per replay that was asked for on a page: what is tried, how far it is, what would have been.

    `tried` and `answer` are plain values (`monitoring.replay.answer`); truth is what was known at `asked_at`.
    `worked_at` moves while a worker is at it: one that died is seen by it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="replays")
    status = models.CharField(max_length=10, choices=ReplayStatus, default=ReplayStatus.QUEUED)
    tried = models.JSONField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField()
    worked_at = models.DateTimeField(null=True, help_text=gettext_lazy("The worker's last sign of life."))
    finished_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    done = models.BigIntegerField(default=0, help_text=gettext_lazy("Cases read so far."))
    total = models.BigIntegerField(
        null=True, help_text=gettext_lazy("Cases in the window; null until they are counted.")
    )
    answer = models.JSONField(default=dict)
    reason = WordsField(blank=True, default="", help_text=gettext_lazy("Why it failed, or who ended it."))

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_replay_at_a_time",
                fields=["asked_by"],
                condition=Q(status__in=["queued", "running"]),
            ),
        ]

    @property
    def is_active(self) -> bool:
        """True while it waits or runs."""
        return self.status in (ReplayStatus.QUEUED, ReplayStatus.RUNNING)
