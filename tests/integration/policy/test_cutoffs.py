"""Set cutoffs by hand, approve them, withdraw them, and go back to the certified ones."""

import pytest

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.audit.models import Entry
from hitl.shared.errors import Conflict, Invalid, NotAllowed
from models_store.models import RoleSpan
from policy.errors import ChangedMeanwhile, NoModel, NothingCertified, SecondPersonNeeded
from policy.in_force.looked_at import looked_at
from policy.in_force.rules import rule_for
from policy.models import Certificate, CutoffSet, Policy
from policy.services.cutoffs import approve, set_cutoffs_by_hand, use_certified, withdraw
from science.decision_terms import Basis
from tests.support.factories import NOW
from tests.support.policy_rows import (
    GRID,
    PASSED,
    automating_workflow,
    certificate_of,
    champion_of,
    cutoffs_of,
    lead,
    operator,
    reviewer,
    workflow_with_policy,
)

pytestmark = pytest.mark.django_db

UNTESTED = [
    GRID[0],
    0.95,
    0.93,
    GRID[4],
    GRID[5],
]  # stricter, beside, between and looser than what was walked


def by_hand(workflow: Workflow, cutoff: float | dict[str, float], actor, **more) -> CutoffSet:
    cutoffs = cutoff if isinstance(cutoff, dict) else {"ham": cutoff, "spam": cutoff}
    return set_cutoffs_by_hand(
        workflow_id=workflow.id,
        cutoffs=cutoffs,
        reason=more.pop("reason", "A trial."),
        actor=actor,
        now=NOW,
        **more,
    )


def basis(workflow: Workflow) -> Basis:
    return rule_for(workflow.id).rule.basis


@pytest.mark.parametrize("cutoff", PASSED)
def test_a_cutoff_that_was_tested_keeps_the_promise_and_needs_nobody_else(cutoff):
    workflow, maker = automating_workflow(), operator()
    operator()  # somebody else who could approve
    chosen = by_hand(workflow, cutoff, maker)
    assert chosen.is_in_force
    assert chosen.certificate_id is not None
    assert basis(workflow) is Basis.PROVISIONAL
    assert rule_for(workflow.id).rule.cutoffs == {"ham": cutoff, "spam": cutoff}


@pytest.mark.parametrize("cutoff", UNTESTED)
def test_a_cutoff_that_was_not_tested_waits_for_another_operator(cutoff):
    workflow, maker, other = automating_workflow(), operator(), operator()
    chosen = by_hand(workflow, cutoff, maker)
    assert chosen.is_proposed
    assert basis(workflow) is Basis.PROVISIONAL  # the certified ones stay in force meanwhile
    approve(cutoff_set_id=chosen.id, actor=other, now=NOW)
    assert basis(workflow) is Basis.BY_HAND
    assert rule_for(workflow.id).cutoff_set_id == chosen.id
    assert CutoffSet.objects.get(pk=chosen.id).approved_by_id == other.user_id


def test_without_another_operator_it_comes_into_force_and_the_log_says_that_nobody_approved():
    workflow, maker = automating_workflow(), operator()
    chosen = by_hand(workflow, 0.5, maker)
    assert chosen.is_in_force
    assert basis(workflow) is Basis.BY_HAND
    detail = Entry.objects.latest("number").detail
    assert (detail["basis"], detail["approved_by"], detail["certificate"]) == ("by_hand", None, None)


def test_an_inactive_operator_approves_nothing_and_is_not_waited_for():
    workflow, maker, other = automating_workflow(), operator(), operator()
    User.objects.filter(pk=other.user_id).update(is_active=False)
    assert by_hand(workflow, 0.5, maker).is_in_force


def test_who_made_them_cannot_approve_them():
    workflow, maker = automating_workflow(), operator()
    operator()
    chosen = by_hand(workflow, 0.5, maker)
    with pytest.raises(SecondPersonNeeded):
        approve(cutoff_set_id=chosen.id, actor=maker, now=NOW)
    with pytest.raises(NotAllowed):
        approve(cutoff_set_id=chosen.id, actor=lead(), now=NOW)
    assert basis(workflow) is Basis.PROVISIONAL


def test_a_later_proposal_takes_the_place_of_an_earlier():
    workflow, maker, other = automating_workflow(), operator(), operator()
    first = by_hand(workflow, 0.5, maker)
    second = by_hand(workflow, 0.6, maker)
    with pytest.raises(Conflict):
        approve(cutoff_set_id=first.id, actor=other, now=NOW)
    approve(cutoff_set_id=second.id, actor=other, now=NOW)
    assert rule_for(workflow.id).cutoff_set_id == second.id


def test_a_proposal_is_not_approved_for_another_model():
    workflow, maker, other = automating_workflow(), operator(), operator()
    chosen = by_hand(workflow, 0.5, maker)
    RoleSpan.objects.filter(workflow=workflow).update(until=NOW)
    champion_of(workflow)
    with pytest.raises(Conflict, match="another model"):
        approve(cutoff_set_id=chosen.id, actor=other, now=NOW)


def test_a_set_is_never_changed_and_the_history_keeps_all():
    workflow, maker = automating_workflow(), operator()
    for cutoff in (0.5, 0.6, 0.7):
        by_hand(workflow, cutoff, maker)
    sets = list(CutoffSet.objects.filter(workflow=workflow).order_by("id"))
    assert [one.cutoffs["ham"] for one in sets] == [PASSED[-1], 0.5, 0.6, 0.7]
    assert [one.is_in_force for one in sets] == [False, False, False, True]


def test_one_click_goes_back_to_the_certified_cutoffs():
    workflow, maker = automating_workflow(), operator()
    by_hand(workflow, 0.5, maker)
    back = use_certified(workflow_id=workflow.id, actor=maker, now=NOW)
    assert back.cutoffs == {"ham": PASSED[-1], "spam": PASSED[-1]}
    assert basis(workflow) is Basis.PROVISIONAL


def test_there_is_no_way_back_to_a_certificate_that_ended():
    workflow, maker = automating_workflow(), operator()
    Certificate.objects.filter(workflow=workflow).update(valid_until=NOW)
    with pytest.raises(NothingCertified):
        use_certified(workflow_id=workflow.id, actor=maker, now=NOW)


def test_withdrawing_what_is_in_force_sends_cases_to_people():
    workflow = automating_workflow()
    in_force = CutoffSet.objects.get(workflow=workflow)
    before = Workflow.objects.get(pk=workflow.pk).policy_version
    withdraw(cutoff_set_id=in_force.id, reason="Odd answers.", actor=lead(), now=NOW)
    assert basis(workflow) is Basis.NONE
    assert Workflow.objects.get(pk=workflow.pk).policy_version == before + 1


def test_a_withdrawn_proposal_is_gone_for_good():
    workflow, maker, other = automating_workflow(), operator(), operator()
    chosen = by_hand(workflow, 0.5, maker)
    withdraw(cutoff_set_id=chosen.id, reason="", actor=maker, now=NOW)
    with pytest.raises(Conflict):
        approve(cutoff_set_id=chosen.id, actor=other, now=NOW)
    with pytest.raises(Conflict):
        withdraw(cutoff_set_id=chosen.id, reason="", actor=other, now=NOW)


def test_an_operator_who_saw_an_older_policy_is_asked_to_look_again():
    workflow, maker = automating_workflow(), operator()
    seen = looked_at(Policy.objects.get(workflow=workflow))
    by_hand(workflow, 0.5, maker, seen=seen)
    with pytest.raises(ChangedMeanwhile):
        by_hand(workflow, 0.6, maker, seen=seen)
    assert rule_for(workflow.id).rule.cutoffs["ham"] == 0.5


def test_without_a_model_there_is_nothing_to_cut():
    with pytest.raises(NoModel):
        by_hand(workflow_with_policy(), 0.5, operator())


@pytest.mark.parametrize("actor", [reviewer, lead])
def test_only_operators_set_cutoffs(actor):
    workflow = automating_workflow()
    with pytest.raises(NotAllowed):
        by_hand(workflow, PASSED[0], actor())


@pytest.mark.parametrize(
    ("cutoffs", "field"),
    [
        ({}, "cutoffs"),
        ({"ham": 0.5}, "cutoffs"),
        ({"ham": 0.5, "spam": 0.6}, "cutoffs"),
        ({"ham": 0.5, "fraud": 0.5}, "cutoffs.fraud"),
        ({"ham": float("nan"), "spam": float("nan")}, "cutoffs.ham"),
        ({"ham": 1.1, "spam": 1.1}, "cutoffs.ham"),
        ({"ham": -0.1, "spam": -0.1}, "cutoffs.ham"),
        ({"ham": "0.5", "spam": "0.5"}, "cutoffs.ham"),
        ({"ham": True, "spam": True}, "cutoffs.ham"),
    ],
)
def test_cutoffs_that_do_not_fit_are_named_and_nothing_is_written(cutoffs, field):
    workflow = automating_workflow()
    with pytest.raises(Invalid) as refused:
        by_hand(workflow, cutoffs, operator())
    assert refused.value.facts["errors"][0]["field"] == field
    assert all(error["fix"] for error in refused.value.facts["errors"])
    assert CutoffSet.objects.filter(workflow=workflow).count() == 1


def test_a_reason_is_always_asked_for():
    with pytest.raises(Invalid) as refused:
        by_hand(automating_workflow(), 0.5, operator(), reason=" ")
    assert refused.value.facts["errors"][0]["field"] == "reason"


def test_leaving_out_a_label_keeps_a_promise_that_is_made_for_each_label():
    workflow = workflow_with_policy(degree="partial", scope="per_label")
    release = champion_of(workflow)
    cutoffs_of(release, certificate_of(release))
    maker = operator()
    operator()
    chosen = by_hand(workflow, {"ham": PASSED[0]}, maker)
    assert chosen.is_in_force
    assert basis(workflow) is Basis.PROVISIONAL


def test_labels_may_have_cutoffs_of_their_own_where_each_has_its_promise():
    workflow = workflow_with_policy(degree="partial", scope="per_label")
    champion_of(workflow)
    by_hand(workflow, {"ham": 0.5, "spam": 0.8}, operator())
    assert rule_for(workflow.id).rule.cutoffs == {"ham": 0.5, "spam": 0.8}


def test_a_stricter_promise_puts_hand_set_and_certified_apart():
    workflow, maker = automating_workflow(), operator()
    Policy.objects.filter(workflow=workflow).update(target=0.001)
    chosen = by_hand(workflow, PASSED[0], maker)
    assert chosen.certificate_id is None
    assert basis(workflow) is Basis.BY_HAND
