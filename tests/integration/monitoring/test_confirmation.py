"""A provisional certificate is confirmed by fresh blind labels: a test whose plan was frozen before them."""

from datetime import timedelta

import pytest

from cases.models import Case
from policy.in_force.rules import rule_for
from policy.models import Certificate, CutoffSet, Trial, Watch
from science.decision_terms import Basis
from tests.support.factories import NOW
from tests.support.live_rows import decided
from tests.support.policy_rows import (
    GRID,
    cutoffs_of,
)
from tests.support.watched_rows import DAY, automating, look

pytestmark = pytest.mark.django_db


def test_a_provisional_certificate_is_confirmed_by_fresh_blind_labels():
    release = automating("provisional")
    look(release, NOW)
    trial = Trial.objects.get()
    assert (trial.kind, trial.ended_at, rule_for(release.workflow_id).rule.ramp) == ("confirm", None, 0.25)
    decided(
        release, 1600, at=NOW, wrong=0, inclusion_probability=0.76, reason="ramp", every=timedelta(seconds=20)
    )
    look(release, NOW + DAY)
    trial.refresh_from_db()
    assert (trial.outcome, trial.n_wrong) == ("certified", 0)
    rule = rule_for(release.workflow_id).rule
    assert (rule.basis, rule.share_let_through) == (Basis.CERTIFIED, 1.0)
    certificate = trial.certificate
    assert certificate.status == "certified"
    assert certificate.seen["units"][0]["passed"][-1] == rule.cutoffs["ham"]
    assert Watch.objects.get(ended_at=None).pk != certificate.pk  # the next run begins to watch the new one
    look(release, NOW + DAY)
    assert Watch.objects.get(ended_at=None).pk == certificate.pk


def test_labels_from_before_the_plan_was_frozen_confirm_nothing():
    release = automating("provisional")
    decided(release, 1600, at=NOW - DAY, inclusion_probability=0.76, reason="ramp")
    look(release, NOW)
    look(release, NOW + DAY)
    assert Trial.objects.get().n_labels == 0


def test_a_wrong_model_is_not_confirmed():
    release = automating("provisional")
    look(release, NOW)
    decided(release, 1600, at=NOW, wrong=80, inclusion_probability=0.76, reason="ramp")
    look(release, NOW + DAY)
    assert Trial.objects.get().outcome != "certified"
    assert rule_for(release.workflow_id).rule.basis is not Basis.CERTIFIED


def test_a_test_that_has_gone_on_for_a_season_is_over():
    release = automating("provisional")
    look(release, NOW)
    look(release, NOW + timedelta(days=91))
    assert Trial.objects.order_by("number").first().outcome == "abandoned"


def test_other_cutoffs_end_the_trial_of_the_former():
    release = automating("provisional")
    look(release, NOW)
    CutoffSet.objects.update(in_force_until=NOW)
    cutoffs_of(release, Certificate.objects.get(), cutoffs=dict.fromkeys(release.labels, GRID[1]))
    look(release, NOW + timedelta(hours=1))
    first, second = Trial.objects.order_by("frozen_at")
    assert (first.outcome, second.ended_at) == ("abandoned", None)
    assert second.plans[0]["plan"]["grid"] == [GRID[1]]


def test_a_group_larger_than_the_plan_allows_for_ends_the_trial_and_the_next_plan_allows_for_it():
    release = automating("provisional")
    look(release, NOW)
    first = Trial.objects.get()
    assert first.group_cap == 1
    at = NOW + timedelta(hours=1) - timedelta(minutes=NOW.minute, seconds=NOW.second)
    alike = decided(release, 20, at=at, inclusion_probability=0.76, reason="ramp")
    Case.objects.filter(pk__in=[one.case_id for one in alike]).update(group_key=7)
    look(release, NOW + timedelta(hours=3))
    first.refresh_from_db()
    assert (first.outcome, first.n_labels, first.largest_group) == ("abandoned", 0, 20)
    assert "20 labels of one group came together" in first.reason
    look(release, NOW + timedelta(hours=4))
    second = Trial.objects.get(ended_at=None)
    assert (second.number, second.group_cap) == (2, 25)
    assert second.plans[0]["plan"]["expected_labels"] >= 10 * first.plans[0]["plan"]["expected_labels"]
