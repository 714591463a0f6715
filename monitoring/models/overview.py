"""What the overview shows of a workflow and takes long to compute."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow


class LiveFigures(models.Model):
    """One row per workflow: its live error and its error budget as a job last computed them."""

    workflow = models.OneToOneField(
        Workflow, primary_key=True, on_delete=models.CASCADE, related_name="live_figures"
    )
    release_id = models.UUIDField(null=True, help_text=gettext_lazy("The champion whose error it is."))
    read_at = models.DateTimeField()
    n_answers = models.IntegerField(
        default=0, help_text=gettext_lazy("Blind answers that the error rests on.")
    )
    error = models.FloatField(null=True, help_text=gettext_lazy("Empty where there is no answer yet."))
    error_low = models.FloatField(null=True)
    error_high = models.FloatField(null=True)
    budget_used = models.FloatField(
        null=True, help_text=gettext_lazy("Share of the fullest unit's budget; 1 is all of it.")
    )
    burn_rate = models.FloatField(
        null=True, help_text=gettext_lazy("How fast that is spent: 1 spends it exactly.")
    )
    budget_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "live figures"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="error_has_its_ends",
                condition=Q(error__isnull=True, error_low__isnull=True, error_high__isnull=True)
                | Q(error__isnull=False, error_low__isnull=False, error_high__isnull=False),
            ),
        ]
