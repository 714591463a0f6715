"""What an operator promises of a workflow, and how far it is automated."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from hitl.shared.numbers import percent_as_set
from hitl.shared.words_field import WordsField
from policy.types import (
    ChangeStatus,
    Degree,
    LossKind,
    PeriodLength,
    Scope,
    TrippedBy,
)
from science.decision_terms import Degree as DegreeTerm

_share = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class Policy(models.Model):
    """One row per workflow: its degree of automation, its promise and how it is watched.

    Every change goes through `policy.services`, which raise the workflow's `policy_version`.
    """

    workflow = models.OneToOneField(
        Workflow, primary_key=True, on_delete=models.PROTECT, related_name="policy"
    )
    degree = models.CharField(max_length=10, choices=Degree, default=Degree.HUMAN_ONLY)
    label_degrees = models.JSONField(
        default=dict, help_text=gettext_lazy("Stricter degrees of single labels.")
    )
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.OVERALL)
    target = models.FloatField(
        default=0.01, help_text=gettext_lazy("Promise: at most this share of automatic decisions is wrong.")
    )
    confidence = models.FloatField(
        default=0.95, help_text=gettext_lazy("Confidence with which the promise must hold.")
    )
    audit_base = models.FloatField(
        default=0.02, validators=_share, help_text=gettext_lazy("Share of automatic decisions audited.")
    )
    audit_amber = models.FloatField(
        default=0.25, validators=_share, help_text=gettext_lazy("The same under amber.")
    )
    audit_rate = models.FloatField(
        default=0.02, validators=_share, help_text=gettext_lazy("The rate in force now.")
    )
    blind_share = models.FloatField(
        default=0.1,
        validators=_share,
        help_text=gettext_lazy("Least share of reviewed cases shown without the model's output."),
    )
    blind_rate = models.FloatField(
        default=0.1, validators=_share, help_text=gettext_lazy("The share in force now.")
    )
    loss = models.CharField(max_length=10, choices=LossKind, default=LossKind.ERRORS)
    budget_period = models.CharField(
        max_length=10,
        choices=PeriodLength,
        default=PeriodLength.QUARTER,
        help_text=gettext_lazy("How long an error budget lasts."),
    )
    audits_for_budget = models.BooleanField(
        default=True,
        help_text=gettext_lazy(
            "Audit as often as it takes to prove the error budget kept, up to the rate under amber."
        ),
    )
    audit_least = models.FloatField(
        default=0.0,
        db_default=0.0,
        validators=_share,
        help_text=gettext_lazy(
            "What the running error budget declared: no automatic decision is audited less often."
        ),
    )
    corrects_misses = models.BooleanField(
        default=False,
        help_text=gettext_lazy(
            "Prove a stricter promise, by as much as reviewers miss of known-answer cases."
        ),
    )
    follows_certificates = models.BooleanField(
        default=True, help_text=gettext_lazy("The cutoffs of a new certificate come into force at once.")
    )
    needs_second_person = models.BooleanField(
        default=False,
        help_text=gettext_lazy("More automation takes two operators: one asks, another approves."),
    )
    breaker_tripped_at = models.DateTimeField(null=True)
    breaker_reason = WordsField(blank=True, default="")
    breaker_by = models.CharField(max_length=10, choices=TrippedBy, blank=True)
    plans_frozen = models.IntegerField(
        default=0,
        help_text=gettext_lazy("Test plans frozen so far, whatever became of them: each spends doubt."),
    )
    certificates_issued = models.IntegerField(
        default=0, help_text=gettext_lazy("Full certificates given so far: each earns doubt back.")
    )
    evidence_from = models.DateTimeField(
        null=True,
        help_text=gettext_lazy("Labels of cases decided before the last alarm prove nothing any more."),
    )

    class Meta:
        verbose_name_plural = "policies"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="promise_in_range", condition=Q(target__gt=0, target__lt=1)),
            models.CheckConstraint(
                name="confidence_in_range", condition=Q(confidence__gt=0.5, confidence__lt=1)
            ),
            models.CheckConstraint(
                name="audits_never_stop",
                condition=Q(audit_base__gte=0.005)
                & Q(audit_rate__gte=0.005)
                & Q(blind_share__gte=0.01)
                & Q(blind_rate__gte=F("blind_share")),
            ),
            models.CheckConstraint(
                name="certificates_come_of_frozen_plans",
                condition=Q(certificates_issued__gte=0, certificates_issued__lte=F("plans_frozen")),
            ),
        ]

    def __str__(self) -> str:
        return f"policy of {self.workflow}"

    @property
    def doubt_sentence(self) -> str:
        """What the confidence speaks of, as a sentence."""
        return gettext(
            "On average over workflows' lives at most %(share)s of full certificates were false when they"
            " were issued. What changes later, provisional certificates and cutoffs set by hand are not"
            " covered."
        ) % {"share": percent_as_set(1 - self.confidence)}

    @property
    def automates(self) -> bool:
        """Whether the degree lets the model decide cases."""
        return DegreeTerm(self.degree).automates

    @property
    def promise(self) -> str:
        """The promise as a sentence."""
        if self.loss == LossKind.COSTS and self.scope == Scope.OVERALL:
            words = gettext(
                "Mistakes among the automatic decisions cost at most %(share)s of what they would cost if"
                " every decision were the costliest mistake, at %(confidence)s confidence."
            )
        elif self.loss == LossKind.COSTS:
            words = gettext(
                "Mistakes among each label's automatic decisions cost at most %(share)s of what they would"
                " cost if every decision were the costliest mistake, at %(confidence)s confidence."
            )
        elif self.scope == Scope.OVERALL:
            words = gettext(
                "At most %(share)s of the automatic decisions are wrong, at %(confidence)s confidence."
            )
        else:
            words = gettext(
                "At most %(share)s of each label's automatic decisions are wrong, at %(confidence)s"
                " confidence."
            )
        return words % {"share": percent_as_set(self.target), "confidence": percent_as_set(self.confidence)}


class DegreeChange(models.Model):
    """One row per change of a degree of automation, asked for or made; `label` is empty for the workflow's.

    A change that takes two people waits as `asked` until another operator approves it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="degree_changes")
    label = models.CharField(max_length=100, blank=True)
    before = models.CharField(max_length=10, choices=Degree)
    after = models.CharField(max_length=10, choices=Degree)
    status = models.CharField(max_length=10, choices=ChangeStatus)
    reason = WordsField(blank=True, default="")
    asked_by = models.CharField(max_length=150)
    asked_by_id = models.CharField(
        max_length=64, help_text=gettext_lazy("Of a person, a key or a job of the service.")
    )
    asked_at = models.DateTimeField()
    settled_by = models.CharField(max_length=150, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_degree_change_asked_at_a_time",
                fields=["workflow", "label"],
                condition=Q(status="asked"),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="degree_change_of_workflow", fields=["workflow", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.before} to {self.after}"
