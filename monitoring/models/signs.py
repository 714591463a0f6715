"""Early signs, open and past."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from monitoring.types import SignKind


class EarlySign(models.Model):
    """One row per stretch of time in which a sign stood; at most one of a kind is open in a workflow."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="early_signs", db_index=False
    )
    kind = models.CharField(max_length=20, choices=SignKind)
    evidence = models.JSONField(help_text=gettext_lazy("What was seen: numbers, and where they were read."))
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text=gettext_lazy("When it was last confirmed."))
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_open_sign_of_a_kind", fields=["workflow", "kind"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="sign_ends_after_it_began",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")),
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(name="sign_of_workflow", fields=["workflow", "-id"])]

    def __str__(self) -> str:
        return str(self.get_kind_display())
