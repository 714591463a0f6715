"""What was proved or is believed of a model, and the cutoffs that rest on it."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from hitl.shared.numbers import percent_as_set
from hitl.shared.words_field import WordsField, WordsJSONField
from models_store.models import Release
from policy.models.policies import Policy
from policy.types import (
    BASES,
    CertificateStatus,
    LossKind,
    Scope,
)


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
    seen = WordsJSONField(
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
        return f"{self.get_status_display()}: at most {percent_as_set(self.target)} wrong"

    def runs_provisionally(self, policy: Policy) -> bool:
        """Whether a part of what it accepts is automated at most: not confirmed yet, or older than an alarm.

        Where audits have refuted cutoffs, of this model or another, the world has moved since then, and what
        was not refuted was proved in the same world as what was (ADR 0063).
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
    reason = WordsField(help_text=gettext_lazy("Why these cutoffs."))
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
