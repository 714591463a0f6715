"""What speaks of trouble before audits can prove any raises them, and nothing else."""

from datetime import timedelta

import pytest

from monitoring.models import EarlySign
from monitoring.watch import early
from policy.in_force.rules import rule_for
from policy.models import Watch
from tests.support.factories import NOW
from tests.support.live_rows import decided
from tests.support.watched_rows import automating, look, policy_of

pytestmark = pytest.mark.django_db


def test_reviewers_who_contradict_the_model_more_often_than_it_predicts_raise_the_audits():
    release = automating()
    look(release, NOW)
    decided(release, 60, at=NOW, wrong=30, reason="below_cutoff", score=0.85, inclusion_probability=0.1)
    look(release, NOW + timedelta(hours=1))
    sign = EarlySign.objects.get()
    assert (sign.kind, sign.ended_at) == ("disagreement", None)
    assert (sign.evidence["answers"], sign.evidence["wrong"]) == (60, 30.0)
    policy = policy_of(release)
    assert (round(policy.audit_rate, 4), policy.blind_rate) == (policy.audit_amber, 1.0)
    assert policy.breaker_tripped_at is None  # a sign never takes automation away
    assert Watch.objects.get().level == "green"
    # Two hundred audits without a word against the promise have answered it.
    decided(release, 210, at=NOW + timedelta(hours=2), score=0.98, inclusion_probability=0.25)
    look(release, NOW + timedelta(hours=3))
    look(release, NOW + timedelta(hours=3))
    assert policy_of(release).audit_rate < policy.audit_amber


def test_a_few_errors_where_the_model_was_sure_raise_the_audits_before_the_promise_is_in_doubt():
    release = automating()
    look(release, NOW)
    decided(release, 2500, at=NOW, drawn=False)
    decided(release, 38, at=NOW, score=0.995, inclusion_probability=0.25)
    decided(release, 2, at=NOW + timedelta(minutes=1), wrong=2, score=0.995, inclusion_probability=0.25)
    look(release, NOW + timedelta(hours=1))
    sign = EarlySign.objects.get()
    assert (sign.kind, sign.evidence) == ("disagreement", {"answers": 40, "wrong": 2.0, "predicted": 0.2})
    assert round(policy_of(release).audit_rate, 4) == policy_of(release).audit_amber
    assert rule_for(release.workflow_id).rule.cutoffs["ham"] == 0.9  # nothing is taken away


def test_a_sign_is_answered_by_audits_alone_however_few_of_them_come_at_a_time():
    release = automating()
    look(release, NOW)
    decided(release, 60, at=NOW, wrong=30, reason="below_cutoff", score=0.85, inclusion_probability=0.1)
    decided(release, 2500, at=NOW, drawn=False)
    at = NOW + timedelta(hours=1)
    for _ in range(3):
        look(release, at)
        decided(release, 7, at=at + timedelta(minutes=1), score=0.98, inclusion_probability=0.25)
        decided(release, 70, at=at + timedelta(minutes=2), score=0.7, reason="below_cutoff")
        at += timedelta(hours=1)
    look(release, at)  # the sign has gone by itself, and few have looked where it counts
    assert EarlySign.objects.get(kind="disagreement").ended_at is not None
    assert round(policy_of(release).audit_rate, 4) == policy_of(release).audit_amber


def test_one_audit_that_agrees_does_not_end_the_many_that_were_to_settle_it():
    row = Watch(level="amber", early_level="green", early={"accepted": {"state": {"n": 100}}})
    assert early.is_amber(row)
    row.level = "green"
    row.early["accepted"]["state"]["n"] = 149  # calm by what is in, and still looked at closely
    assert early.is_amber(row)
    row.early["accepted"]["state"]["n"] = 150
    assert not early.is_amber(row)
    early.forget(row)
    assert not early.is_amber(row)


def test_reviewers_who_contradict_it_as_often_as_it_predicts_raise_nothing():
    release = automating()
    look(release, NOW)
    decided(release, 60, at=NOW, wrong=8, reason="below_cutoff", score=0.85, inclusion_probability=0.1)
    look(release, NOW + timedelta(hours=1))
    assert not EarlySign.objects.exists()
    assert policy_of(release).blind_rate < 1.0
