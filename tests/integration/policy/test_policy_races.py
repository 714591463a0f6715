"""Two operators at once: one change after the other, and nobody overwrites what they did not see."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from cases.models import Workflow
from hitl.audit.verify import verify
from hitl.shared.errors import HitlError
from policy.in_force.looked_at import looked_at
from policy.in_force.rules import rule_for
from policy.models import CutoffSet, DegreeChange, Policy
from policy.services.breaker import trip_breaker
from policy.services.cutoffs import approve, set_cutoffs_by_hand
from policy.services.degrees import approve_degree, set_degree
from tests.support.factories import NOW
from tests.support.policy_rows import automating_workflow, lead, operator

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], object]) -> list[str]:
    """Run each call in a thread with a connection of its own; return what each came to, in order."""
    ready = threading.Barrier(len(calls), timeout=10)
    results = ["" for _ in calls]

    def run(place: int, call: Callable[[], object]) -> None:
        try:
            Workflow.objects.exists()  # connect first, so that both start together
            ready.wait()
            call()
            results[place] = "done"
        except HitlError as refused:
            results[place] = refused.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_of_two_operators_who_saw_the_same_cutoffs_one_is_asked_to_look_again():
    workflow, ann = automating_workflow(), operator()
    seen = looked_at(Policy.objects.get(workflow=workflow))

    def chooses(cutoff: float) -> Callable[[], object]:
        return lambda: set_cutoffs_by_hand(
            workflow_id=workflow.id,
            cutoffs={"ham": cutoff, "spam": cutoff},
            reason="A trial.",
            actor=ann,
            now=NOW,
            seen=seen,
        )

    assert sorted(at_once(chooses(0.6), chooses(0.7))) == ["changed_meanwhile", "done"]
    assert CutoffSet.objects.filter(release__workflow=workflow, in_force_until=None).count() == 1


def test_of_two_approvals_one_counts():
    workflow, ann, others = automating_workflow(), operator(), [operator(), operator()]
    chosen = set_cutoffs_by_hand(
        workflow_id=workflow.id, cutoffs={"ham": 0.6, "spam": 0.6}, reason="A trial.", actor=ann, now=NOW
    )
    calls = [lambda other=other: approve(cutoff_set_id=chosen.id, actor=other, now=NOW) for other in others]
    assert sorted(at_once(*calls)) == ["conflict", "done"]


def test_a_raise_and_a_tripped_breaker_never_end_in_automation():
    workflow, ann, lea = automating_workflow(degree="assist"), operator(), lead()
    at_once(
        lambda: set_degree(workflow_id=workflow.id, degree="partial", actor=ann, now=NOW, reason="Go."),
        lambda: trip_breaker(workflow_id=workflow.id, reason="Odd answers.", actor=lea, now=NOW),
    )
    assert rule_for(workflow.id).rule.closed(NOW.timestamp()) is not None


def test_an_approval_and_a_step_down_leave_the_lower_degree():
    workflow = automating_workflow(degree="assist", needs_second_person=True)
    asked = set_degree(workflow_id=workflow.id, degree="partial", actor=operator(), now=NOW, reason="Go.")
    bob, lea = operator(), lead()
    results = at_once(
        lambda: approve_degree(change_id=asked.id, actor=bob, now=NOW),
        lambda: set_degree(workflow_id=workflow.id, degree="shadow", actor=lea, now=NOW),
    )
    assert results[1] == "done"
    assert Policy.objects.get(workflow=workflow).degree == "shadow"
    assert not DegreeChange.objects.filter(workflow=workflow, status="asked").exists()


def test_every_change_is_in_the_chain_of_the_audit_log_and_has_its_own_version():
    workflow, leads = automating_workflow(), [lead() for _ in range(4)]
    before = Workflow.objects.get(pk=workflow.pk).policy_version
    degrees = ["assist", "shadow", "human_only", "assist"]
    results = at_once(
        *(
            lambda actor=actor, degree=degree: set_degree(
                workflow_id=workflow.id, degree=degree, actor=actor, now=NOW, reason="Down."
            )
            for actor, degree in zip(leads, degrees, strict=True)
        )
    )
    assert verify().holds
    assert Workflow.objects.get(pk=workflow.pk).policy_version == before + results.count("done")
