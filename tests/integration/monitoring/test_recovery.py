"""After an alarm the promise is proved again, by labels from after it."""

from datetime import timedelta

import pytest

from models_store.models import TrainingRun
from models_store.services.runs import request_training
from models_store.types import Trigger
from policy.in_force.rules import rule_for
from policy.models import Trial
from science.decision_terms import Basis
from tests.support.factories import NOW, TESTER
from tests.support.live_rows import decided
from tests.support.watched_rows import DAY, automating, look, policy_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("there", "more", "tried"), [(20, 180, True), (200, 100, False), (300, 300, True)])
def test_a_model_that_somebody_trained_after_an_alarm_tries_the_steps_it_had_labels_for(there, more, tried):
    release = automating()
    look(release, NOW)
    decided(release, 60, at=NOW, wrong=30, score=0.9995, inclusion_probability=0.25)
    look(release, NOW + timedelta(hours=1))
    decided(release, there, at=NOW + timedelta(hours=2), reason="breaker")
    by_hand = NOW + timedelta(hours=3)
    request_training(workflow_id=release.workflow_id, trigger=Trigger.HAND, actor=TESTER, now=by_hand)
    TrainingRun.objects.update(status="failed")
    decided(release, more, at=NOW + timedelta(hours=4), reason="breaker")
    look(release, NOW + timedelta(hours=5))
    assert TrainingRun.objects.filter(trigger="alarm").exists() is tried


def test_after_an_alarm_the_promise_is_proved_again_and_automation_comes_back():
    release = automating()
    look(release, NOW)
    decided(release, 60, at=NOW, wrong=30, score=0.9995, inclusion_probability=0.25)
    tripped = NOW + timedelta(hours=1)
    look(release, tripped)
    assert policy_of(release).breaker_by == "evidence"
    decided(
        release,
        400,
        at=tripped + timedelta(minutes=1),
        wrong=0,
        reason="breaker",
        every=timedelta(seconds=10),
    )
    look(release, tripped + DAY)
    trial = Trial.objects.get(ended_at=None)
    assert trial.kind == "recover"
    decided(release, 2500, at=tripped + DAY, wrong=0, reason="breaker", every=timedelta(seconds=10))
    look(release, tripped + 3 * DAY)
    assert policy_of(release).breaker_tripped_at is None
    rule = rule_for(release.workflow_id).rule
    assert rule.basis is Basis.CERTIFIED
    assert rule.closed((tripped + 3 * DAY).timestamp()) is None


def test_after_a_step_down_a_test_from_after_the_alarm_gives_back_what_it_proves():
    """Nothing old is trusted at full speed: stricter cutoffs run provisionally, and every score is asked."""
    release = automating()
    look(release, NOW)
    decided(release, 40, at=NOW, wrong=20, score=0.955, inclusion_probability=0.25)
    decided(release, 200, at=NOW + timedelta(minutes=5), score=0.98, inclusion_probability=0.25)
    down = NOW + timedelta(hours=1)
    look(release, down)
    assert rule_for(release.workflow_id).rule.basis is Basis.PROVISIONAL
    assert (policy_of(release).evidence_from, policy_of(release).blind_rate) == (down, 1.0)
    soon = down + timedelta(minutes=1)
    decided(release, 300, at=soon, reason="below_cutoff", score=0.93, inclusion_probability=1.0)
    look(release, down + timedelta(hours=1))
    trial = Trial.objects.get()
    assert (trial.kind, trial.evidence["tuned_on"]) == ("recover", "300 labels after the alarm")
    assert trial.plans[0]["plan"]["pi_floor"] == 0.75
    later = trial.frozen_at + timedelta(minutes=1)
    decided(release, 2500, at=later, reason="below_cutoff", score=0.93, inclusion_probability=1.0)
    look(release, down + DAY)
    trial.refresh_from_db()
    rule = rule_for(release.workflow_id).rule
    assert (trial.outcome, rule.basis, rule.share_let_through) == ("certified", Basis.CERTIFIED, 1.0)
    assert (
        rule.cutoffs["ham"] <= 0.93
    )  # looser than what had been refuted: it was proved in the world that is
    assert Trial.objects.count() == 1


def test_a_second_alarm_about_the_same_certificate_belongs_to_the_same_change():
    release = automating()
    look(release, NOW)
    decided(release, 40, at=NOW, wrong=20, score=0.955, inclusion_probability=0.25)
    decided(release, 200, at=NOW + timedelta(minutes=5), score=0.98, inclusion_probability=0.25)
    down = NOW + timedelta(hours=1)
    look(release, down)
    decided(release, 300, at=down + timedelta(minutes=1), reason="below_cutoff", score=0.93)
    look(release, down + timedelta(hours=1))
    trial = Trial.objects.get()
    decided(release, 80, at=down + timedelta(hours=2), wrong=60, score=0.98, inclusion_probability=0.8)
    look(release, down + timedelta(hours=3))
    policy = policy_of(release)
    assert (policy.breaker_by, policy.evidence_from) == ("evidence", down)
    trial.refresh_from_db()
    assert trial.ended_at is None  # what it has seen since the first alarm still speaks
    assert trial.n_labels >= 80
