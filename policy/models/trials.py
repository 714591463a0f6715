"""Tests by live labels: of a plan that was frozen before the first, and of a challenger."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from cases.models import Case, Workflow
from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField
from models_store.models import Release
from policy.models.certificates import Certificate
from policy.types import (
    LossKind,
    Scope,
    TrialKind,
    TrialOutcome,
)


class Trial(models.Model):
    """One row per trial: a test plan, fixed before its first live label and checked after every one.

    `plans` and `states` run in parallel, one entry per unit of the promise. Cases count from `frozen_at` on,
    in the order of their decisions; `cursor_at` and `cursor_case` say how far they have been taken in, and
    `read_at` when: a label that changes later makes the trial begin again from what is stored.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="trials")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="trials")
    kind = models.CharField(max_length=10, choices=TrialKind)
    number = models.IntegerField(
        help_text=gettext_lazy("Of the plan among all that the workflow has frozen, from 1.")
    )
    group_cap = models.IntegerField(
        default=1, help_text=gettext_lazy("Most labels of one group in an hour that the plan allows for.")
    )
    largest_group = models.IntegerField(
        default=0, help_text=gettext_lazy("Labels of one group in an hour that were too many for it.")
    )
    scope = models.CharField(max_length=10, choices=Scope)
    target = models.FloatField()
    confidence = models.FloatField()
    loss = models.CharField(max_length=10, choices=LossKind, default=LossKind.ERRORS)
    cutoffs = models.JSONField(
        help_text=gettext_lazy("In force when it was frozen; empty where everything was reviewed.")
    )
    plans = models.JSONField()
    evidence = models.JSONField(default=dict, help_text=gettext_lazy("What the plans were made of."))
    frozen_at = models.DateTimeField()
    states = models.JSONField()
    cursor_at = models.DateTimeField(null=True)
    cursor_case = models.UUIDField(null=True)
    read_at = models.DateTimeField()
    n_labels = models.IntegerField(default=0)
    n_wrong = models.FloatField(default=0)
    n_overdue = models.IntegerField(
        default=0, help_text=gettext_lazy("Of them, counted as wrong because nobody answered.")
    )
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=TrialOutcome, blank=True)
    reason = WordsField(blank=True, default="")
    certificate = models.OneToOneField(Certificate, null=True, on_delete=models.PROTECT, related_name="trial")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_open_trial_per_workflow", fields=["workflow"], condition=Q(ended_at__isnull=True)
            ),
            models.UniqueConstraint(name="plans_are_counted", fields=["workflow", "number"]),
        ]


class HandoverTrial(models.Model):
    """One row per attempt of a challenger to inherit its champion's evidence: a plan fixed at its freeze.

    Both see the same traffic. `cutoffs` are the challenger's, `champion_cutoffs` those in force at the
    freeze; when either changes, the trial is over. Cases are drawn for people up to `drawn_*` and taken in as
    evidence up to `cursor_*`; `rates` says from which place on which share of the cases counts: `[[at, case,
    rate], ...]`, each fixed before its cases were looked at.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="handovers")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="handovers")
    champion = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    scope = models.CharField(max_length=10, choices=Scope)
    target = models.FloatField()
    confidence = models.FloatField()
    loss = models.CharField(max_length=10, choices=LossKind, default=LossKind.ERRORS)
    cutoffs = models.JSONField(help_text=gettext_lazy("Of the challenger: label -> cutoff."))
    champion_cutoffs = models.JSONField(help_text=gettext_lazy("In force when it was frozen."))
    plan = models.JSONField()
    plan_sha256 = models.CharField(
        max_length=64, help_text=gettext_lazy("Of plan, cutoffs and windows: what was frozen.")
    )
    evidence = models.JSONField(default=dict, help_text=gettext_lazy("What the plan was made of."))
    window_from = models.DateTimeField(help_text=gettext_lazy("The champion's evidence counts from here on."))
    frozen_at = models.DateTimeField(help_text=gettext_lazy("The challenger's cases count from here on."))
    state = models.JSONField(
        null=True, help_text=gettext_lazy("Empty until the champion's evidence has been inherited.")
    )
    rates = models.JSONField(default=list)
    drawn_at = models.DateTimeField(null=True)
    drawn_case = models.UUIDField(null=True)
    cursor_at = models.DateTimeField(null=True)
    cursor_case = models.UUIDField(null=True)
    read_at = models.DateTimeField()
    verdict = models.JSONField(default=dict, help_text=gettext_lazy("Of the last look."))
    n_overdue = models.IntegerField(
        default=0, help_text=gettext_lazy("Answers that did not come in time: counted as wrong.")
    )
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=TrialOutcome, blank=True)
    reason = WordsField(blank=True, default="")
    certificate = models.OneToOneField(
        Certificate, null=True, on_delete=models.PROTECT, related_name="handover"
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_open_handover_per_release", fields=["release"], condition=Q(ended_at__isnull=True)
            ),
        ]


class DisagreementDraw(models.Model):
    """One row per case drawn because releases would decide it differently: it is answered blind.

    `labels` are what those releases would decide whose evidence uses it: an answer that is not all of them
    is settled by two of three, as audits are. `asked_at` is empty until somebody is asked blind.
    """

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.PROTECT, related_name="+")
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", db_index=False)
    labels = ArrayField(models.CharField(max_length=100))
    inclusion_probability = models.FloatField(help_text=gettext_lazy("Of being drawn for this."))
    uniform = models.FloatField(help_text=gettext_lazy("The draw that it was compared with."))
    routed_at = models.DateTimeField()
    drawn_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="disagreement_probability_in_range",
                condition=Q(inclusion_probability__gt=0, inclusion_probability__lte=1)
                & Q(uniform__lt=F("inclusion_probability")),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="disagreement_of_workflow", fields=["workflow", "drawn_at"]),
            models.Index(
                name="disagreement_unasked", fields=["workflow"], condition=Q(asked_at__isnull=True)
            ),
        ]
