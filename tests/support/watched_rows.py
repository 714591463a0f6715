"""Workflows under watch: automated, looked at, proved, their labels voided."""

from datetime import datetime, timedelta
from uuid import uuid4

from cases.models import Label
from models_store.models import Release
from monitoring.watch import watch
from policy.in_force.rules import rule_for
from policy.models import Decision, Policy
from reviews.models import Review, Task
from science.decision_terms import Basis
from tests.support.factories import NOW, person
from tests.support.live_rows import decided, evaluated
from tests.support.policy_rows import (
    certificate_of,
    champion_of,
    cutoffs_of,
    workflow_with_policy,
)

DAY = timedelta(days=1)


def automating(status: str = "certified", **fields) -> Release:
    """Return the champion of a workflow whose cutoffs rest on a certificate of this status."""
    workflow = workflow_with_policy(degree="partial", **fields)
    release = champion_of(workflow)
    certificate = certificate_of(release, status=status)
    cutoffs_of(release, certificate)
    evaluated(release)
    return release


def look(release: Release, at: datetime) -> None:
    """Let the watch read what people said until then."""
    watch(release.workflow_id, now=at, settle=timedelta(0))


def policy_of(release: Release) -> Policy:
    """The policy as it is now."""
    return Policy.objects.get(workflow_id=release.workflow_id)


def first_said(decision: Decision, label: str) -> None:
    """Let one person answer the case's task, and somebody else be asked by then."""
    task = Task.objects.get(case_id=decision.case_id)
    Review.objects.create(
        task=task,
        case_id=decision.case_id,
        reviewer=person("reviewer"),
        label=label,
        mode="blind",
        lease_token=uuid4(),
        started_at=decision.decided_at,
        submitted_at=decision.decided_at,
        seconds=5,
    )


def proved_by_trial() -> tuple[Release, list[Decision]]:
    """Return a release whose certificate a trial has proved, and the cases that proved it."""
    release = automating("provisional")
    look(release, NOW)
    cases = decided(
        release, 1600, at=NOW, inclusion_probability=0.76, reason="ramp", every=timedelta(seconds=20)
    )
    look(release, NOW + DAY)
    assert rule_for(release.workflow_id).rule.basis is Basis.CERTIFIED
    return release, cases


def void(decisions: list[Decision], at: datetime) -> None:
    """End the labels of these cases, and ask again."""
    ids = [one.case_id for one in decisions]
    Label.objects.filter(case_id__in=ids, superseded_at=None).update(superseded_at=at)
    Task.objects.filter(case_id__in=ids).update(status="waiting", closed_at=None, due_at=at + DAY)
