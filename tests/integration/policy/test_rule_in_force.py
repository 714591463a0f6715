"""Which rule governs the next case: built from rows, closed whenever they do not fit together."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import SchemaVersion, Workflow
from models_store.models import RoleSpan
from policy.in_force.rules import rule_for
from policy.models import Certificate, CutoffSet, Policy
from science.decide import decide
from science.decision_terms import Basis, Reason
from science.draws import Draws
from tests.support.factories import NOW
from tests.support.policy_rows import (
    PASSED,
    automating_workflow,
    certificate_of,
    champion_of,
    cutoffs_of,
    workflow_with_policy,
)

pytestmark = pytest.mark.django_db

SURE = np.array([[0.999, 0.001]])  # a case that any sound rule at `partial` would automate
UNLUCKY_FOR_NOBODY = Draws(np.array([0.5]), np.array([0.0]), np.array([0.5]))


def outcome(workflow: Workflow, *, at=NOW):
    """What the rule in force says of a case that the model is sure of."""
    return decide(rule_for(workflow.id).rule, SURE, draws=UNLUCKY_FOR_NOBODY, now=at.timestamp()).one(0)


def test_a_sure_case_is_automatic_when_everything_is_in_place():
    workflow = automating_workflow()
    governing = rule_for(workflow.id)
    assert outcome(workflow).is_automatic
    assert governing.rule.basis is Basis.PROVISIONAL
    assert governing.rule.ramp == 0.25
    assert {governing.release_id, governing.cutoff_set_id, governing.certificate_id}.isdisjoint({None})
    assert governing.needs_scores
    assert governing.trouble == ""


def test_a_workflow_without_anything_goes_to_people():
    assert (
        outcome(Workflow.objects.create(slug="bare", name="Bare", created_at=NOW)).reason is Reason.HUMAN_ONLY
    )


def test_a_workflow_without_a_model_goes_to_people_and_says_so():
    assert outcome(workflow_with_policy(degree="partial")).reason is Reason.NO_MODEL


def test_a_model_for_another_schema_scores_nothing():
    workflow = automating_workflow()
    SchemaVersion.objects.filter(workflow=workflow).update(labels=[{"name": "ham"}, {"name": "fraud"}])
    assert outcome(workflow).reason is Reason.SCHEMA_MISMATCH
    assert not rule_for(workflow.id).needs_scores


BROKEN = {
    "no cutoffs in force": lambda w: CutoffSet.objects.filter(workflow=w).update(in_force_until=NOW),
    "cutoffs only proposed": lambda w: CutoffSet.objects.filter(workflow=w).update(in_force_from=None),
    "no champion": lambda w: RoleSpan.objects.filter(workflow=w).update(until=NOW),
    "champion is a shadow": lambda w: RoleSpan.objects.filter(workflow=w).update(role="shadow"),
    "certificate tripped": lambda w: Certificate.objects.filter(workflow=w).update(status="tripped"),
    "certificate superseded": lambda w: Certificate.objects.filter(workflow=w).update(status="superseded"),
    "certificate refused": lambda w: Certificate.objects.filter(workflow=w).update(status="refused"),
    "certificate ended": lambda w: Certificate.objects.filter(workflow=w).update(valid_until=NOW),
    "certificate not begun": lambda w: Certificate.objects.filter(workflow=w).update(
        valid_from=NOW + timedelta(seconds=1), valid_until=NOW + timedelta(days=1)
    ),
    "certificate of a looser promise": lambda w: Certificate.objects.filter(workflow=w).update(target=0.02),
    "certificate of less confidence": lambda w: Certificate.objects.filter(workflow=w).update(confidence=0.9),
    "certificate of another scope": lambda w: Certificate.objects.filter(workflow=w).update(
        scope="per_label"
    ),
    "certificate without points": lambda w: Certificate.objects.filter(workflow=w).update(seen={"units": []}),
    "certificate that is nonsense": lambda w: Certificate.objects.filter(workflow=w).update(seen=[1, "x"]),
    "cutoff stricter than the walk": lambda w: CutoffSet.objects.filter(workflow=w).update(
        cutoffs={"ham": 0.99, "spam": 0.99}
    ),
    "cutoff looser than the walk": lambda w: CutoffSet.objects.filter(workflow=w).update(
        cutoffs={"ham": 0.5, "spam": 0.5}
    ),
    "one label left out of an overall promise": lambda w: CutoffSet.objects.filter(workflow=w).update(
        cutoffs={"ham": PASSED[-1]}
    ),
    "cutoffs of another scope": lambda w: CutoffSet.objects.filter(workflow=w).update(scope="per_label"),
    "cutoffs that are nonsense": lambda w: CutoffSet.objects.filter(workflow=w).update(cutoffs=["ham"]),
    "a stricter promise": lambda w: Policy.objects.filter(workflow=w).update(target=0.001),
    "another scope": lambda w: Policy.objects.filter(workflow=w).update(scope="per_label"),
    "label degrees under an overall promise": lambda w: Policy.objects.filter(workflow=w).update(
        label_degrees={"ham": "assist"}
    ),
    "an unknown label degree": lambda w: Policy.objects.filter(workflow=w).update(
        scope="per_label", label_degrees={"ham": "sometimes"}
    ),
    "an audit rate below its floor": lambda w: Policy.objects.filter(workflow=w).update(audit_base=1.0),
    "the breaker": lambda w: Policy.objects.filter(workflow=w).update(breaker_tripped_at=NOW),
    "degree assist": lambda w: Policy.objects.filter(workflow=w).update(degree="assist"),
    "degree full on a provisional certificate": lambda w: Policy.objects.filter(workflow=w).update(
        degree="full"
    ),
    "the schema gone": lambda w: SchemaVersion.objects.filter(workflow=w).delete(),
    "the policy gone": lambda w: Policy.objects.filter(workflow=w).delete(),
}


@pytest.mark.parametrize("breakage", BROKEN)
def test_whatever_is_missing_or_does_not_fit_goes_to_a_person(breakage):
    workflow = automating_workflow()
    BROKEN[breakage](workflow)
    assert not outcome(workflow).is_automatic


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from(sorted(BROKEN)), min_size=1))
def test_no_combination_of_breakages_mends_another(broken_together):
    workflow = automating_workflow()
    for breakage in sorted(broken_together, key=list(BROKEN).index):
        BROKEN[breakage](workflow)
    assert not outcome(workflow).is_automatic


def test_a_certificate_of_a_stricter_promise_serves_a_looser_one():
    workflow = automating_workflow()
    Policy.objects.filter(workflow=workflow).update(target=0.05, confidence=0.9)
    assert outcome(workflow).is_automatic


def test_a_certificate_under_amber_still_counts():
    workflow = automating_workflow()
    Certificate.objects.filter(workflow=workflow).update(status="amber")
    assert rule_for(workflow.id).rule.basis is Basis.CERTIFIED


def test_a_certificate_ends_by_the_clock_without_any_job():
    workflow = automating_workflow()
    rule = rule_for(workflow.id).rule  # cached by a process that reads nothing meanwhile
    end = (NOW + timedelta(days=90)).timestamp()
    assert decide(rule, SURE, draws=UNLUCKY_FOR_NOBODY, now=end - 1).one(0).is_automatic
    assert decide(rule, SURE, draws=UNLUCKY_FOR_NOBODY, now=end).one(0).reason is Reason.CERTIFICATE_EXPIRED


def test_cutoffs_by_hand_automate_without_a_certificate_and_say_what_they_are():
    workflow = workflow_with_policy(degree="partial")
    release = champion_of(workflow)
    cutoffs_of(release, None, cutoffs={"ham": 0.8, "spam": 0.8})
    governing = rule_for(workflow.id)
    assert outcome(workflow).is_automatic
    assert governing.rule.basis is Basis.BY_HAND
    assert governing.certificate_id is None


def test_a_label_may_be_left_out_where_each_label_has_its_promise():
    workflow = workflow_with_policy(degree="partial", scope="per_label")
    release = champion_of(workflow)
    cutoffs_of(release, certificate_of(release), cutoffs={"ham": PASSED[0]})
    assert outcome(workflow).is_automatic
    spam = decide(
        rule_for(workflow.id).rule, SURE[:, ::-1], draws=UNLUCKY_FOR_NOBODY, now=NOW.timestamp()
    ).one(0)
    assert spam.reason is Reason.NO_CUTOFF


def test_full_automates_everything_once_the_certificate_accepts_everything():
    workflow = workflow_with_policy(degree="full")
    release = champion_of(workflow)
    certificate = certificate_of(release, status="certified", passed=[0.9, 0.0])
    cutoffs_of(release, certificate, cutoffs={"ham": 0.0, "spam": 0.0})
    unsure = decide(
        rule_for(workflow.id).rule, np.array([[0.51, 0.49]]), draws=UNLUCKY_FOR_NOBODY, now=NOW.timestamp()
    )
    assert unsure.one(0).is_automatic


@given(st.floats(min_value=0, max_value=1, allow_subnormal=False))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cutoffs_come_back_from_the_database_as_the_exact_floats_they_were(cutoff):
    workflow = workflow_with_policy(degree="partial")
    release = champion_of(workflow)
    cutoffs_of(release, certificate_of(release, passed=[cutoff]), cutoffs={"ham": cutoff, "spam": cutoff})
    assert rule_for(workflow.id).rule.cutoffs == {"ham": cutoff, "spam": cutoff}


def test_the_rule_costs_five_queries():
    workflow = automating_workflow()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        rule_for(workflow.id)
    assert len(queries) == 5


@pytest.mark.parametrize(("alarm", "ramp"), [(None, 1.0), (-1, 1.0), (1, 0.25)])
def test_no_certificate_from_before_an_alarm_runs_at_full_speed_whoever_holds_it(alarm, ramp):
    """A model that was proved beside the refuted one was proved in the world that is no more."""
    workflow = workflow_with_policy(degree="partial")
    release = champion_of(workflow)
    certificate = certificate_of(release, status="certified")
    cutoffs_of(release, certificate)
    at = None if alarm is None else certificate.valid_from + timedelta(hours=alarm)
    Policy.objects.update(evidence_from=at)
    rule = rule_for(workflow.id).rule
    assert (rule.share_let_through, rule.basis is Basis.CERTIFIED) == (ramp, ramp == 1)
