"""What was decided about each case, by whom and why: rows that nobody changes (ADR 0010)."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Case, Workflow
from hitl.shared.ids import new_id
from models_store.models import Release
from policy.models.certificates import Certificate, CutoffSet
from policy.types import (
    REASONS,
    ROUTES,
)


class Decision(models.Model):
    """One row per thing decided about a case: append-only, unique per case, epoch and sequence (ADR 0008).

    Sequence 0 is the routing; it is final when the route is automatic. Later ones are a person's answer,
    an amendment, a recall. `inclusion_probability` is the chance that a blind label is collected. The draw
    `uniform` was compared with it; that of an automatic decision with `audit_rate`, where the ramp may have
    held the case back before.
    """

    pk = models.CompositePrimaryKey("case_id", "epoch", "sequence")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    epoch = models.SmallIntegerField()
    sequence = models.SmallIntegerField()
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    route = models.CharField(max_length=15, choices=ROUTES)
    reason = models.CharField(max_length=24, choices=REASONS)
    label = models.CharField(
        max_length=100, null=True, help_text=gettext_lazy("What was decided; null while a person is awaited.")
    )
    predicted = models.CharField(max_length=100, null=True)
    score = models.FloatField(
        null=True, help_text=gettext_lazy("What the cutoff is compared with, in [0, 1].")
    )
    confidence = models.FloatField(
        null=True, help_text=gettext_lazy("Calibrated probability of the predicted label.")
    )
    cutoff = models.FloatField(null=True)
    proba = ArrayField(
        models.FloatField(),
        null=True,
        help_text=gettext_lazy("Probabilities in the order of the release's labels."),
    )
    release = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    cutoff_set = models.ForeignKey(
        CutoffSet, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    certificate = models.ForeignKey(
        Certificate, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    arm = models.SmallIntegerField(
        null=True,
        help_text=gettext_lazy("Which of 10,000 the routing fell to, by its entity or case; null: none."),
    )
    inclusion_probability = models.FloatField(null=True)
    reference_rate = models.FloatField(null=True)
    uniform = models.FloatField(
        null=True,
        help_text=gettext_lazy("The draw for the audit of an automatic decision, else for a blind review."),
    )
    audit_rate = models.FloatField(
        null=True,
        help_text=gettext_lazy(
            "Chance with which this automatic decision was audited, given that the model decided."
        ),
    )
    is_audited = models.BooleanField(default=False)
    is_blind = models.BooleanField(
        default=False, help_text=gettext_lazy("The person answers without sight of the model's output.")
    )
    review_id = models.UUIDField(null=True, help_text=gettext_lazy("The answer that brought it about."))
    policy_version = models.IntegerField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=150)
    arrived_at = models.DateTimeField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="automatic_decision_is_complete",
                condition=~Q(route="auto")
                | Q(
                    label__isnull=False,
                    release__isnull=False,
                    cutoff_set__isnull=False,
                    score__isnull=False,
                    inclusion_probability__gt=0,
                    uniform__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="decision_arm_in_range", condition=Q(arm__isnull=True) | Q(arm__gte=0, arm__lt=10_000)
            ),
            models.CheckConstraint(
                name="decision_reason_is_known", condition=Q(reason__in=[reason for reason, _ in REASONS])
            ),
            models.CheckConstraint(
                name="decision_probability_in_range",
                condition=Q(inclusion_probability__isnull=True)
                | Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="decision_of_workflow", fields=["workflow", "decided_at"]),
            models.Index(
                name="drawn_decision",
                fields=["workflow", "decided_at", "case"],
                condition=Q(sequence=0) & (Q(is_audited=True) | Q(is_blind=True)),
            ),
        ]


class KnownAnswer(models.Model):
    """One row per answer to a known-answer case: shows how many mistakes reviewers miss."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_index=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    truth = models.CharField(max_length=100)
    predicted = models.CharField(
        max_length=100, null=True, help_text=gettext_lazy("What the model says; null: nothing.")
    )
    answer = models.CharField(max_length=100)
    is_blind = models.BooleanField()
    is_found = models.BooleanField(
        default=False,
        help_text=gettext_lazy("Its truth is what other reviewers had answered, not known from elsewhere."),
    )
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_known_answer_per_person", fields=["case", "reviewer"]),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="known_answer_of_workflow", fields=["workflow", "-at"]),
        ]
