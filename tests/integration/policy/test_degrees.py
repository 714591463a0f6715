"""Change the degree of automation: down by one click, up with evidence and a person to answer for it."""

import pytest

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.audit.models import Entry
from hitl.outbox.models import Endpoint, Event
from hitl.shared.actor import system
from hitl.shared.errors import Conflict, Invalid, NotAllowed
from models_store.models import RoleSpan
from policy.errors import AlreadyThere, ChangedMeanwhile, EvidenceMissing, SecondPersonNeeded
from policy.in_force.looked_at import looked_at
from policy.in_force.rules import rule_for
from policy.models import CutoffSet, DegreeChange, Policy
from policy.services.breaker import reset_breaker, trip_breaker
from policy.services.cutoffs import set_cutoffs_by_hand
from policy.services.degrees import approve_degree, decline_degree, set_degree
from science.decision_terms import Reason
from tests.support.factories import NOW
from tests.support.policy_rows import (
    automating_workflow,
    certificate_of,
    champion_of,
    cutoffs_of,
    lead,
    minutes_later,
    operator,
    reviewer,
    workflow_with_policy,
)

pytestmark = pytest.mark.django_db


def degree(workflow: Workflow) -> str:
    return Policy.objects.get(workflow=workflow).degree


def version(workflow: Workflow) -> int:
    return Workflow.objects.get(pk=workflow.pk).policy_version


def change(workflow: Workflow, to: str, actor, **more):
    return set_degree(
        workflow_id=workflow.id, degree=to, actor=actor, now=NOW, reason="We are ready.", **more
    )


def test_a_lead_lowers_the_degree_with_one_call_and_no_reason():
    workflow = automating_workflow()
    before = version(workflow)
    made = set_degree(workflow_id=workflow.id, degree="assist", actor=lead("lea"), now=NOW)
    assert degree(workflow) == "assist"
    assert version(workflow) == before + 1
    assert (made.before, made.after, made.status, made.settled_by) == ("partial", "assist", "made", "lea")
    entry = Entry.objects.latest("number")
    assert (entry.action, entry.actor_name, entry.about_id) == ("degree.changed", "lea", str(workflow.id))


def test_the_service_itself_may_lower_the_degree_and_never_raise_it():
    workflow = automating_workflow()
    set_degree(workflow_id=workflow.id, degree="shadow", actor=system("monitor"), now=NOW)
    with pytest.raises(NotAllowed):
        change(workflow, "partial", system("monitor"))
    assert degree(workflow) == "shadow"


def test_a_reviewer_changes_nothing():
    workflow = automating_workflow()
    with pytest.raises(NotAllowed):
        change(workflow, "assist", reviewer())
    assert degree(workflow) == "partial"
    assert not DegreeChange.objects.exists()


def test_a_lead_may_not_raise_the_degree():
    workflow = automating_workflow(degree="assist")
    with pytest.raises(NotAllowed):
        change(workflow, "partial", lead())


@pytest.mark.parametrize("to", ["assist", "partial", "full"])
def test_without_a_model_nothing_goes_up_beyond_shadow(to):
    workflow = workflow_with_policy(degree="human_only")
    with pytest.raises(EvidenceMissing, match="no model"):
        change(workflow, to, operator())
    change(workflow, "shadow", operator())
    assert degree(workflow) == "shadow"


def test_assist_needs_a_model_for_the_present_schema():
    workflow = workflow_with_policy(degree="shadow")
    champion_of(workflow, schema_sha256="another")
    with pytest.raises(EvidenceMissing, match="other fields or labels"):
        change(workflow, "assist", operator())


def test_partial_needs_cutoffs_in_force():
    workflow = workflow_with_policy(degree="assist")
    release = champion_of(workflow)
    with pytest.raises(EvidenceMissing, match="No cutoffs"):
        change(workflow, "partial", operator())
    cutoffs_of(release, certificate_of(release))
    change(workflow, "partial", operator())
    assert degree(workflow) == "partial"


def test_partial_is_refused_once_the_certificate_has_ended():
    workflow = automating_workflow(degree="assist")
    late = minutes_later(60 * 24 * 91)
    with pytest.raises(EvidenceMissing, match="ended"):
        set_degree(workflow_id=workflow.id, degree="partial", actor=operator(), now=late, reason="Go.")


def test_full_needs_a_certificate_that_accepts_every_case():
    workflow = automating_workflow()
    with pytest.raises(EvidenceMissing, match="accepts every case"):
        change(workflow, "full", operator())
    release = workflow.releases.get()
    CutoffSet.objects.filter(release=release).update(in_force_until=NOW)
    everything = certificate_of(release, status="certified", passed=[0.5, 0.0])
    cutoffs_of(release, everything, cutoffs={"ham": 0.0, "spam": 0.0})
    change(workflow, "full", operator())
    assert degree(workflow) == "full"


def test_cutoffs_that_do_not_cover_every_case_end_full_and_keep_partial():
    workflow = automating_workflow(degree="assist")
    release = workflow.releases.get()
    CutoffSet.objects.filter(release=release).update(in_force_until=NOW)
    everything = certificate_of(release, status="certified", passed=[0.9, 0.0])
    cutoffs_of(release, everything, cutoffs={"ham": 0.0, "spam": 0.0})
    ann = operator()
    change(workflow, "full", ann)
    stricter = {"ham": 0.9, "spam": 0.9}
    set_cutoffs_by_hand(workflow_id=workflow.id, cutoffs=stricter, reason="Odd answers.", actor=ann, now=NOW)
    assert degree(workflow) == "partial"
    assert rule_for(workflow.id).rule.closed(NOW.timestamp()) is None


def test_going_up_takes_a_reason():
    workflow = automating_workflow(degree="assist")
    with pytest.raises(Invalid) as refused:
        set_degree(workflow_id=workflow.id, degree="partial", actor=operator(), now=NOW, reason="  ")
    assert refused.value.facts["errors"][0]["field"] == "reason"


def test_an_operator_who_saw_an_older_policy_is_asked_to_look_again():
    workflow = automating_workflow(degree="assist")
    seen = looked_at(Policy.objects.get(workflow=workflow))
    trip_breaker(workflow_id=workflow.id, reason="Odd answers.", actor=lead(), now=NOW)
    with pytest.raises(ChangedMeanwhile):
        change(workflow, "partial", operator(), seen=seen)


def test_the_way_down_is_never_barred_by_an_older_page():
    workflow = automating_workflow()
    set_degree(workflow_id=workflow.id, degree="assist", actor=operator(), now=NOW, seen="of long ago")
    assert degree(workflow) == "assist"


def test_setting_the_present_degree_again_is_refused_without_a_trace():
    workflow = automating_workflow()
    with pytest.raises(AlreadyThere):
        change(workflow, "partial", operator())
    assert not DegreeChange.objects.exists()


def test_an_unknown_degree_names_the_field_and_the_fix():
    with pytest.raises(Invalid) as refused:
        change(automating_workflow(), "sometimes", operator())
    error = refused.value.facts["errors"][0]
    assert error["field"] == "degree"
    assert "human_only" in error["fix"]


class TwoPeopleAreNeededTests:
    def asked(self):
        workflow = automating_workflow(degree="assist", needs_second_person=True)
        asker = operator("ann")
        return workflow, asker, change(workflow, "partial", asker)

    def test_asking_changes_nothing_yet(self):
        workflow, _, asked = self.asked()
        assert asked.status == "asked"
        assert degree(workflow) == "assist"
        assert Entry.objects.latest("number").action == "degree.asked"

    def test_who_asked_cannot_approve(self):
        workflow, asker, asked = self.asked()
        with pytest.raises(SecondPersonNeeded):
            approve_degree(change_id=asked.id, actor=asker, now=NOW)
        assert degree(workflow) == "assist"

    def test_another_operator_approves(self):
        workflow, _, asked = self.asked()
        approve_degree(change_id=asked.id, actor=operator("bob"), now=NOW)
        assert degree(workflow) == "partial"
        assert Entry.objects.latest("number").detail["asked_by"] == "ann"

    def test_a_lead_cannot_approve_but_can_decline(self):
        workflow, _, asked = self.asked()
        with pytest.raises(NotAllowed):
            approve_degree(change_id=asked.id, actor=lead(), now=NOW)
        decline_degree(change_id=asked.id, actor=lead(), now=NOW)
        with pytest.raises(Conflict):
            approve_degree(change_id=asked.id, actor=operator(), now=NOW)
        assert degree(workflow) == "assist"

    def test_the_evidence_is_asked_for_again_at_approval(self):
        workflow, _, asked = self.asked()
        RoleSpan.objects.filter(workflow=workflow).update(until=NOW)
        with pytest.raises(EvidenceMissing):
            approve_degree(change_id=asked.id, actor=operator(), now=NOW)

    def test_lowering_the_degree_declines_what_still_waits(self):
        workflow, _, asked = self.asked()
        set_degree(workflow_id=workflow.id, degree="shadow", actor=lead(), now=NOW)
        with pytest.raises(Conflict):
            approve_degree(change_id=asked.id, actor=operator(), now=NOW)
        assert degree(workflow) == "shadow"

    def test_going_down_never_waits_for_a_second_person(self):
        workflow = automating_workflow(needs_second_person=True)
        set_degree(workflow_id=workflow.id, degree="human_only", actor=lead(), now=NOW)
        assert degree(workflow) == "human_only"


class OneLabelTests:
    def test_it_is_lowered_and_raised_back_alone(self):
        workflow = workflow_with_policy(degree="partial", scope="per_label")
        release = champion_of(workflow)
        cutoffs_of(release, certificate_of(release))
        set_degree(workflow_id=workflow.id, degree="assist", label="spam", actor=lead(), now=NOW)
        assert rule_for(workflow.id).rule.label_degrees == {"spam": "assist"}
        change(workflow, "partial", operator(), label="spam")
        assert rule_for(workflow.id).rule.label_degrees == {}

    def test_it_never_stands_above_its_workflow(self):
        workflow = automating_workflow(degree="assist", scope="per_label")
        with pytest.raises(Invalid, match="does not fit") as refused:
            change(workflow, "partial", operator(), label="spam")
        assert refused.value.facts["errors"][0]["field"] == "degree"

    def test_an_overall_promise_has_no_degrees_of_labels(self):
        with pytest.raises(Invalid) as refused:
            change(automating_workflow(), "assist", operator(), label="spam")
        assert refused.value.facts["errors"][0]["field"] == "label"

    def test_an_unknown_label_is_named(self):
        with pytest.raises(Invalid) as refused:
            change(automating_workflow(scope="per_label"), "assist", operator(), label="fraud")
        assert "ham, spam" in refused.value.facts["errors"][0]["fix"]


class BreakerTests:
    def test_tripping_sends_everything_to_people_and_says_why(self):
        workflow = automating_workflow()
        Endpoint.objects.create(
            name="ops", url="https://example.org/", secrets=["whsec_of_the_tests"], created_at=NOW
        )
        before = version(workflow)
        trip_breaker(workflow_id=workflow.id, reason="Odd answers.", actor=lead(), now=NOW)
        assert rule_for(workflow.id).rule.closed(NOW.timestamp()) is Reason.BREAKER
        assert version(workflow) == before + 1
        assert Event.objects.get().payload == {"reason": "Odd answers."}

    def test_the_first_reason_stands(self):
        workflow = automating_workflow()
        trip_breaker(workflow_id=workflow.id, reason="First.", actor=lead(), now=NOW)
        trip_breaker(workflow_id=workflow.id, reason="Second.", actor=lead(), now=minutes_later(1))
        policy = Policy.objects.get(workflow=workflow)
        assert (policy.breaker_reason, policy.breaker_tripped_at) == ("First.", NOW)

    def test_only_an_operator_resets_it_and_with_a_reason(self):
        workflow = automating_workflow()
        trip_breaker(workflow_id=workflow.id, reason="Odd answers.", actor=system("monitor"), now=NOW)
        with pytest.raises(NotAllowed):
            reset_breaker(workflow_id=workflow.id, reason="Fine again.", actor=lead(), now=NOW)
        with pytest.raises(Invalid):
            reset_breaker(workflow_id=workflow.id, reason=" ", actor=operator(), now=NOW)
        reset_breaker(workflow_id=workflow.id, reason="The feed was repaired.", actor=operator(), now=NOW)
        assert rule_for(workflow.id).rule.closed(NOW.timestamp()) is None

    def test_a_breaker_that_has_not_tripped_is_not_reset(self):
        with pytest.raises(AlreadyThere):
            reset_breaker(workflow_id=automating_workflow().id, reason="Why not.", actor=operator(), now=NOW)


def test_every_account_of_a_change_names_a_person_who_exists():
    workflow = automating_workflow()
    actor = operator("ann")
    change(workflow, "human_only", actor)
    assert User.objects.get(pk=int(DegreeChange.objects.get().asked_by_id)).username == "ann"
