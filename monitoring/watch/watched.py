"""A workflow as one run of the watch sees it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet

from hitl.shared.actor import system
from models_store.models import Release
from models_store.selectors import champion
from monitoring.tallies.traffic import Traffic, traffic, traffic_of_week
from monitoring.watch import draws
from monitoring.watch.draws import Cursor
from policy.in_force.basis import basis_of
from policy.models import CutoffSet, Decision, Policy, Trial, Watch
from policy.proof.terms import costs_of
from policy.selectors import cutoffs_in_force
from policy.types import TrippedBy
from science.decision_terms import Basis, Reason
from science.ramp import ramp_of

ACTOR = system("watch")
ACCEPTED = (Reason.ABOVE_CUTOFF, Reason.RAMP)


@dataclass(frozen=True)
class WatchedWorkflow:
    """What is in force, and at what time."""

    policy: Policy
    release: Release
    cutoffs: CutoffSet | None
    basis: Basis
    now: datetime
    settle: timedelta

    @property
    def workflow_id(self) -> UUID:
        """The workflow's key."""
        return self.policy.workflow_id

    @property
    def until(self) -> datetime:
        """Decisions are read up to here."""
        return self.now - self.settle

    @cached_property
    def week(self) -> Traffic:
        """Routings of the last seven days, from the tallies."""
        return traffic_of_week(self.workflow_id, now=self.now)

    @property
    def weekly_accepted(self) -> float:
        """Cases a week that a cutoff accepts; while provisional, only a share of them is automated."""
        return self.week.automatic / ramp_of(is_provisional=self.basis is Basis.PROVISIONAL)

    @property
    def automation_rate(self) -> float:
        """Share of cases that the model decides: of the last week or day, whichever is more.

        What has just been automated makes few of a week's cases, and all audits from now on.
        """
        day = traffic(workflow_id=self.workflow_id, now=self.now, hours=24)
        return max(self.week.automation_rate or 0.0, day.automation_rate or 0.0)

    @property
    def decides_by_hand(self) -> bool:
        """Whether cutoffs that no certificate covers are deciding cases."""
        is_on = self.policy.automates and self.policy.breaker_tripped_at is None
        return is_on and self.basis is Basis.BY_HAND

    @cached_property
    def costs(self) -> dict[str, float]:
        """What deciding each label wrongly counts, in [0, 1]."""
        labels = self.release.labels
        return dict(zip(labels, costs_of(self.policy, labels), strict=True))

    @property
    def is_tripped_by_evidence(self) -> bool:
        """Whether evidence took the automation away: then evidence may give it back."""
        return self.policy.breaker_tripped_at is not None and self.policy.breaker_by == TrippedBy.EVIDENCE

    @property
    def has_stepped_down(self) -> bool:
        """Whether stricter cutoffs than were proved are in force, because live audits refuted the others."""
        certificate = self.cutoffs.certificate if self.cutoffs else None
        return self.is_automating and certificate is not None and bool(certificate.refuted)

    @property
    def is_recovering(self) -> bool:
        """Whether evidence took automation away, whole or in part, and nothing proved since gives it back.

        Then every case that people see is answered blind: nothing proves the promise again sooner.
        """
        if self.policy.evidence_from is None or not self.policy.automates:
            return False
        if self.policy.breaker_tripped_at is not None:
            return self.is_tripped_by_evidence
        return self.basis in (Basis.PROVISIONAL, Basis.NONE)

    @property
    def is_automating(self) -> bool:
        """Whether cutoffs that rest on a certificate are deciding cases."""
        return (
            self.policy.automates
            and self.policy.breaker_tripped_at is None
            and self.cutoffs is not None
            and self.basis in (Basis.CERTIFIED, Basis.PROVISIONAL)
        )

    def has_changed(self, rows: QuerySet[Decision], row: Trial | Watch) -> bool:
        """Whether a label that was taken in has been given, amended, voided or taken back since."""
        return draws.has_changed(
            rows, workflow_id=self.workflow_id, since=row.read_at, margin=self.settle, until=cursor(row)
        )


def watched_workflow(workflow_id: UUID, now: datetime, settle: timedelta) -> WatchedWorkflow | None:
    """Return a workflow for one run; None where no model could decide anything."""
    policy = Policy.objects.select_related("workflow").filter(workflow_id=workflow_id).first()
    release = champion(workflow_id)
    if policy is None or release is None:
        return None
    cutoffs = cutoffs_in_force(release.id)
    basis = basis_of(cutoffs, policy=policy, labels=release.labels)
    return WatchedWorkflow(policy, release, cutoffs, basis, now, settle)


def cursor(row: Trial | Watch) -> Cursor:
    """Return how far the decisions have been read."""
    return (row.cursor_at, row.cursor_case) if row.cursor_at and row.cursor_case else None
