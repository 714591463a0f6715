"""What may be automated: policy, certificates, cutoff sets and decisions."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_lazy

from cases.models import Case, Workflow
from hitl.shared.ids import new_id
from models_store.models import Release
from policy.types import (
    BASES,
    REASONS,
    ROUTES,
    CertificateStatus,
    ChangeStatus,
    Degree,
    LossKind,
    MonitorLevel,
    PeriodLength,
    Scope,
    TrialKind,
    TrialOutcome,
    TrippedBy,
)
from science.decision_terms import Degree as DegreeTerm


def percent(share: float) -> str:
    """Write a share as people read it: 0.01 is "1 %"."""
    return f"{100 * share:.3g} %"


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
    breaker_reason = models.CharField(max_length=200, blank=True)
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
        ) % {"share": percent(1 - self.confidence)}

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
        return words % {"share": percent(self.target), "confidence": percent(self.confidence)}


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
    reason = models.TextField(blank=True)
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


class Certificate(models.Model):
    """One row per proof that cutoffs keep a promise, or failed attempt; with what recomputes it.

    `seen["units"]` holds one entry per unit of the promise (`label` is null for an overall one): what was
    counted, the cutoffs that passed as exact floats, or why none did and how many labels it would take.
    An attempt that proved nothing is a row as well, `refused`, so that it is shown and its delta counted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="certificates")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="certificates")
    status = models.CharField(max_length=12, choices=CertificateStatus)
    scope = models.CharField(max_length=10, choices=Scope)
    target = models.FloatField()
    confidence = models.FloatField()
    loss = models.CharField(max_length=10, choices=LossKind, default=LossKind.ERRORS)
    method = models.CharField(max_length=40)
    seen = models.JSONField(
        help_text=gettext_lazy("What was seen and what it allows, per unit of the promise.")
    )
    evidence = models.JSONField(
        help_text=gettext_lazy("Grid, start, hashes, label ids, seed: what recomputes it.")
    )
    refuted = models.JSONField(
        default=list,
        help_text=gettext_lazy("[unit's label, cutoff] of each point that live audits have refuted since."),
    )
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    attempt_sha256 = models.CharField(
        max_length=64,
        help_text=gettext_lazy("Hash of promise, method and labels: the same attempt is made once."),
    )
    made_by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_attempt_per_certificate", fields=["release", "attempt_sha256"]),
            models.CheckConstraint(
                name="certificate_ends_after_it_begins", condition=Q(valid_until__gte=F("valid_from"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()}: at most {percent(self.target)} wrong"

    def runs_provisionally(self, policy: Policy) -> bool:
        """Whether a part of what it accepts is automated at most: not confirmed yet, or older than an alarm.

        Where audits have refuted cutoffs, of this model or another, the world has moved since then, and what
        was not refuted was proved in the same world as what was.
        """
        is_older = policy.evidence_from is not None and self.valid_from < policy.evidence_from
        return self.status == CertificateStatus.PROVISIONAL or bool(self.refuted) or is_older

    @property
    def is_belief(self) -> bool:
        """Whether it rests on labels from before its model, and so proves nothing by itself."""
        return self.evidence.get("source") == "belief" and self.status != CertificateStatus.REFUSED

    @property
    def labels_from(self) -> datetime | None:
        """When the window that it was proved over began; None for a provisional one."""
        return datetime.fromisoformat(self.seen["from"]) if self.seen.get("from") else None

    @property
    def labels_until(self) -> datetime | None:
        """When the last case was decided that it was proved by."""
        return datetime.fromisoformat(self.seen["until"]) if self.seen.get("until") else None

    @property
    def labels_given(self) -> list[datetime]:
        """When the first and the last label came in that a belief rests on; empty for a proof."""
        return [datetime.fromisoformat(date) for date in self.seen.get("given", [])]

    def covers(self, policy: Policy) -> bool:
        """Tell whether it proves what the operator promises, or more."""
        return (
            self.workflow_id == policy.workflow_id
            and self.scope == policy.scope
            and self.loss == policy.loss
            and self.target <= policy.target
            and self.confidence >= policy.confidence
        )


class CutoffSet(models.Model):
    """One row per immutable set of cutoffs; at most one is in force per release.

    Rests on a certificate, or on a person's reason and another's approval; then the promise is off.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="cutoff_sets")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="cutoff_sets")
    certificate = models.ForeignKey(
        Certificate, null=True, on_delete=models.PROTECT, related_name="cutoff_sets"
    )
    scope = models.CharField(max_length=10, choices=Scope)
    cutoffs = models.JSONField(
        help_text=gettext_lazy("Label -> cutoff as an exact float; a label left out is never automatic.")
    )
    basis = models.CharField(max_length=12, choices=BASES)
    reason = models.TextField(help_text=gettext_lazy("Why these cutoffs."))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    in_force_from = models.DateTimeField(
        null=True, help_text=gettext_lazy("Empty while it waits for approval.")
    )
    in_force_until = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("Taken back before anybody approved it.")
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_cutoff_set_in_force_per_release",
                fields=["release"],
                condition=Q(in_force_from__isnull=False, in_force_until__isnull=True),
            ),
            models.CheckConstraint(
                name="cutoffs_rest_on_something",
                condition=Q(certificate__isnull=False) | (Q(basis="by_hand") & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="approver_is_not_the_maker",
                condition=Q(approved_by__isnull=True)
                | Q(made_by__isnull=True)
                | ~Q(approved_by=F("made_by")),
            ),
            models.CheckConstraint(
                name="withdrawn_cutoffs_were_never_in_force",
                condition=Q(withdrawn_at__isnull=True) | Q(in_force_from__isnull=True),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="cutoff_set_of_release", fields=["release", "-id"]),
        ]

    def __str__(self) -> str:
        return f"cutoffs {str(self.id)[-8:]}"

    @property
    def is_proposed(self) -> bool:
        """True while it waits for another operator's approval."""
        return self.in_force_from is None and self.withdrawn_at is None

    @property
    def is_in_force(self) -> bool:
        """True while decisions use it."""
        return self.in_force_from is not None and self.in_force_until is None


class Decision(models.Model):
    """One row per thing decided about a case: append-only, unique per case, epoch and sequence.

    Sequence 0 is the routing; it is final when the route is automatic. Later ones are a person's answer,
    an amendment, a recall. `inclusion_probability` is the chance that a blind label is collected: what
    the draw `uniform` was compared with.
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
    reason = models.CharField(max_length=200, blank=True)
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
    reason = models.CharField(max_length=200, blank=True)
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


class Watch(models.Model):
    """One row per certificate under which cases are decided: its monitors, one per unit of the promise.

    The fields beside the monitors are as in `Trial`.
    """

    certificate = models.OneToOneField(
        Certificate, primary_key=True, on_delete=models.PROTECT, related_name="watch"
    )
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="watches")
    since = models.DateTimeField()
    horizon_cases = models.FloatField(help_text=gettext_lazy("Accepted cases to be expected in a year."))
    units = models.JSONField(help_text=gettext_lazy("Label of each unit, with its promise."))
    states = models.JSONField()
    level = models.CharField(max_length=5, choices=MonitorLevel, default=MonitorLevel.GREEN)
    early_level = models.CharField(
        max_length=5,
        choices=MonitorLevel,
        default=MonitorLevel.GREEN,
        help_text=gettext_lazy(
            "With the answers that are not final yet: a hint, which may raise amber and nothing else."
        ),
    )
    early = models.JSONField(
        default=dict,
        help_text=gettext_lazy("What early signs are read from: the review band, and the first scores."),
    )
    cursor_at = models.DateTimeField(null=True)
    cursor_case = models.UUIDField(null=True)
    read_at = models.DateTimeField()
    n_cases = models.BigIntegerField(default=0)
    n_labels = models.IntegerField(default=0)
    n_wrong = models.FloatField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "watches"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_open_watch_per_workflow", fields=["workflow"], condition=Q(ended_at__isnull=True)
            ),
        ]

    @property
    def is_calm(self) -> bool:
        """Whether no answer so far contradicts the promise."""
        return self.level == self.early_level == MonitorLevel.GREEN


class Reading(models.Model):
    """One row per block of audits that a watch has read: a point of the monitor's line."""

    id = models.BigAutoField(primary_key=True)
    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="readings", db_index=False)
    at = models.DateTimeField(help_text=gettext_lazy("Decision time of the block's last case."))
    n_cases = models.BigIntegerField()
    n_labels = models.IntegerField()
    n_wrong = models.FloatField()
    e_value = models.FloatField(help_text=gettext_lazy("The highest among the cutoffs in force."))

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(name="reading_of_watch", fields=["watch", "at"])]


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


class Recall(models.Model):
    """One row per recall: automatic decisions that people are asked about again, the most harmful first.

    What it takes is said by the columns below: each that is not empty narrows it, and only what was decided
    before it was asked for counts. `per_day` is its budget: cases that people are asked about in 24 hours.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="recalls")
    release = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    label = models.CharField(max_length=100, blank=True, help_text=gettext_lazy("What was decided."))
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    field = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=200, blank=True, help_text=gettext_lazy("Of the field, as text."))
    entity = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500)
    per_day = models.IntegerField()
    asked_by = models.CharField(max_length=150)
    asked_by_id = models.CharField(max_length=64)
    at = models.DateTimeField()
    listed_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("When its cases were written down, in their order.")
    )
    total = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    ended_by = models.CharField(
        max_length=150, blank=True, help_text=gettext_lazy("Who ended it before all were asked.")
    )
    report = models.JSONField(
        default=dict, help_text=gettext_lazy("What it found, as it was when it was closed.")
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="recall_has_a_budget", condition=Q(per_day__gte=1)),
            models.CheckConstraint(name="recall_has_a_reason", condition=~Q(reason="")),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="recall_open", fields=["at"], condition=Q(finished_at__isnull=True)),
            models.Index(name="recall_of_workflow", fields=["workflow", "-at"]),
        ]

    def __str__(self) -> str:
        return f"recall {str(self.id)[-8:]}"


class RecalledCase(models.Model):
    """One row per decision that a recall takes; a decision is recalled once.

    `asked_at` is set in the transaction in which somebody is asked. `passed_by`: it had been answered by
    people, or withdrawn, before its turn came.
    """

    id = models.BigAutoField(primary_key=True)
    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="cases", db_index=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_index=False)
    epoch = models.SmallIntegerField()
    place = models.IntegerField(help_text=gettext_lazy("In the order of expected harm, from 1."))
    harm = models.FloatField(
        help_text=gettext_lazy("Chance of a mistake times its cost against the highest, in [0, 1].")
    )
    label = models.CharField(max_length=100, help_text=gettext_lazy("What had been decided."))
    asked_at = models.DateTimeField(null=True)
    passed_by = models.BooleanField(default=False)
    answer = models.CharField(max_length=100, null=True, help_text=gettext_lazy("What people settled on."))
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="a_decision_is_recalled_once", fields=["case", "epoch"]),
            models.UniqueConstraint(name="one_place_in_a_recall", fields=["recall", "place"]),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="recalled_unanswered",
                fields=["recall"],
                condition=Q(asked_at__isnull=False, answered_at__isnull=True, passed_by=False),
            ),
            models.Index(name="recalled_asked", fields=["recall", "asked_at"]),
        ]


from policy.canary_models import (  # noqa: E402 - Django looks for models here
    Bake,  # noqa: F401
    Canary,  # noqa: F401
    CanarySettings,  # noqa: F401
    ReleaseChange,  # noqa: F401
)
