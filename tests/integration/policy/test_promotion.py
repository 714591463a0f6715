"""New models: when they take the champion's place by themselves, and when they end an alarm."""

from datetime import timedelta

import pytest

from hitl.audit.models import Entry
from monitoring.watch import watch
from policy.in_force.rules import rule_for
from policy.models import Policy, Watch
from policy.promotion import worth_promoting
from policy.services.breaker import BELIEVED_AGAIN, PROVED_AGAIN
from policy.services.watches import open_watch
from science.ramp import PROVISIONAL_RAMP
from tests.support.factories import NOW
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, workflow_with_policy

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("levels", "is_worth"),
    [({}, True), ({"level": "amber"}, False), ({"early_level": "amber"}, False), ({"level": "red"}, False)],
)
def test_nobody_takes_the_place_of_a_champion_that_audits_speak_against(levels, is_worth):
    workflow = workflow_with_policy(degree="partial")
    champion = champion_of(workflow)
    certificate = certificate_of(champion, status="certified")
    certificate.seen["units"][0]["automation"] = 0.4
    certificate.save()
    cutoffs_of(champion, certificate)
    better = champion_of(workflow, role="retired")
    challenger = certificate_of(better, status="certified")
    challenger.seen["units"][0]["automation"] = 0.8
    challenger.save()
    open_watch(certificate, weekly_accepted=1000, now=NOW)
    Watch.objects.update(**levels)
    found = worth_promoting(better, now=NOW)
    assert found.is_worth is is_worth
    assert ("contradict" in found.words) is not is_worth


@pytest.mark.parametrize(
    ("since", "by", "resumes"),
    [
        (timedelta(0), "evidence", True),
        (timedelta(hours=-1), "evidence", False),
        (None, "evidence", False),
        (timedelta(0), "person", False),
    ],
)
def test_a_model_that_was_certified_before_it_took_its_place_ends_the_alarm(since, by, resumes):
    workflow = workflow_with_policy(degree="partial")
    alarm = {
        "breaker_tripped_at": NOW,
        "breaker_reason": "Live audits.",
        "breaker_by": by,
        "evidence_from": NOW,
    }
    Policy.objects.filter(workflow=workflow).update(**alarm)
    release = champion_of(workflow)
    evidence = {} if since is None else {"labels_since": (NOW + since).isoformat()}
    certificate = certificate_of(release, status="certified")
    certificate.evidence |= evidence
    certificate.save()
    cutoffs_of(release, certificate)
    watch(workflow.pk, now=NOW + timedelta(days=1), settle=timedelta(0))
    assert (rule_for(workflow.pk).rule.breaker_tripped is False) is resumes


@pytest.mark.parametrize(("status", "said"), [("certified", PROVED_AGAIN), ("provisional", BELIEVED_AGAIN)])
def test_what_ends_an_alarm_is_said_as_it_is(status, said):
    """A belief proves nothing, and a log that calls it a proof would say what is untrue for good."""
    workflow = workflow_with_policy(degree="partial")
    Policy.objects.filter(workflow=workflow).update(
        breaker_tripped_at=NOW, breaker_reason="Live audits.", breaker_by="evidence", evidence_from=NOW
    )
    release = champion_of(workflow)
    certificate = certificate_of(release, status=status)
    certificate.evidence |= {"labels_since": NOW.isoformat()}
    certificate.valid_from = NOW
    certificate.save()
    cutoffs_of(release, certificate)
    watch(workflow.pk, now=NOW + timedelta(days=1), settle=timedelta(0))
    rule = rule_for(workflow.pk).rule
    assert rule.share_let_through == (1.0 if status == "certified" else PROVISIONAL_RAMP)
    assert Entry.objects.get(action="breaker.reset").detail["reason"] == said
