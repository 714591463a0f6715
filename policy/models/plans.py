"""What an operator wants of a workflow, and what was estimated when it was said."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id


class Plan(models.Model):
    """One row per plan of a workflow; the latest counts, and none is changed.

    What is estimated stays as it was: what became of it is shown beside it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="plans", db_index=False)
    cases_a_week = models.PositiveIntegerField(help_text=gettext_lazy("How many are expected to come in."))
    hours_a_week = models.FloatField(help_text=gettext_lazy("That people have for reading cases."))
    automated = models.FloatField(help_text=gettext_lazy("Share of the cases that models are to decide."))
    proved_by = models.DateField(
        null=True, help_text=gettext_lazy("Until when the promise is to be proved; empty: no matter when.")
    )
    estimated_automated = models.FloatField(help_text=gettext_lazy("What models could decide then."))
    estimated_hours = models.FloatField(help_text=gettext_lazy("Of reading a week."))
    estimated_proof_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("Of the first proof; empty where it was years away or never.")
    )
    seconds = models.FloatField(help_text=gettext_lazy("That an answer was taken to last."))
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="plan_in_range",
                condition=Q(cases_a_week__gte=1, hours_a_week__gte=0, automated__gte=0, automated__lte=1),
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(name="plan_of_workflow", fields=["workflow", "-id"])]
