"""Where audits speak against the promise, automation steps back by itself."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from cases.models import Label
from hitl.audit.models import Entry
from models_store.models import TrainingRun
from monitoring.promise.pace import pace_of
from monitoring.watch.run import RETRAIN_AFTER
from policy.in_force.rules import rule_for
from policy.models import Certificate, CutoffSet, Reading, Trial, Watch
from policy.services.breaker import trip_breaker
from reviews.models import Task
from science.decision_terms import Basis, Reason
from tests.support.factories import NOW, TESTER
from tests.support.live_rows import decided
from tests.support.policy_rows import (
    GRID,
    certificate_of,
    champion_of,
    cutoffs_of,
    workflow_with_policy,
)
from tests.support.watched_rows import DAY, automating, look, policy_of

pytestmark = pytest.mark.django_db


def test_errors_raise_the_audits_then_take_the_automation_away():
    release = automating()
    look(release, NOW)
    decided(release, 500, at=NOW, inclusion_probability=0.02, drawn=False)
    decided(release, 40, at=NOW + timedelta(minutes=10), wrong=3, inclusion_probability=0.02)
    look(release, NOW + timedelta(hours=1))
    assert Watch.objects.get().level == "amber"
    assert (policy_of(release).audit_rate, policy_of(release).blind_rate) == (0.25, 1.0)
    assert Certificate.objects.get().status == "amber"
    assert rule_for(release.workflow_id).rule.closed(NOW.timestamp()) is None
    decided(release, 40, at=NOW + timedelta(hours=2), wrong=20, score=0.9995, inclusion_probability=0.25)
    look(release, NOW + timedelta(hours=3))
    policy = policy_of(release)
    assert (policy.breaker_by, policy.evidence_from) == ("evidence", NOW + timedelta(hours=3))
    assert "23 of 80" in policy.breaker_reason
    assert rule_for(release.workflow_id).rule.closed(NOW.timestamp()) is Reason.BREAKER
    assert Certificate.objects.get().status == "tripped"
    assert Reading.objects.count() == 8
    assert Entry.objects.filter(action="breaker.tripped").exists()


def test_red_steps_down_to_the_loosest_stricter_cutoff_that_is_calm():
    release = automating()
    loosest = GRID[3]
    look(release, NOW)
    decided(
        release, 60, at=NOW, wrong=30, score=loosest, inclusion_probability=0.25
    )  # only the loosest accepts these
    decided(release, 200, at=NOW + timedelta(minutes=5), score=0.98, inclusion_probability=0.25)
    look(release, NOW + timedelta(hours=1))
    rule = rule_for(release.workflow_id).rule
    assert (rule.cutoffs["ham"], rule.basis) == (GRID[2], Basis.PROVISIONAL)
    assert (rule.share_let_through, rule.blind_share) == (0.25, 1.0)
    assert policy_of(release).breaker_tripped_at is None
    assert [None, loosest] in Certificate.objects.get().refuted
    refuted = CutoffSet.objects.exclude(in_force_until=None).get()
    assert Entry.objects.get(action="cutoffs.in_force").detail["steps_down_from"] == str(refuted.id)
    look(release, NOW + timedelta(hours=2))
    assert rule_for(release.workflow_id).rule.cutoffs["ham"] == GRID[2]
    assert CutoffSet.objects.filter(in_force_until=None).count() == 1
    # The way back is another model, tried once there are labels from since then, once for each step.
    decided(
        release, RETRAIN_AFTER[0] - 1, at=NOW + timedelta(hours=3), score=0.98, inclusion_probability=0.25
    )
    look(release, NOW + timedelta(hours=4))
    assert not TrainingRun.objects.exists()
    decided(release, 1, at=NOW + timedelta(hours=5), score=0.98, inclusion_probability=0.25)
    for hour in (6, 7):
        look(release, NOW + timedelta(hours=hour))
        assert list(TrainingRun.objects.values_list("trigger", flat=True)) == ["alarm"]


def test_what_a_person_tripped_no_evidence_gives_back():
    release = automating()
    look(release, NOW)
    trip_breaker(workflow_id=release.workflow_id, reason="Odd.", actor=TESTER, now=NOW)
    decided(release, 1000, at=NOW, reason="breaker")
    look(release, NOW + DAY)
    assert not Trial.objects.exists()
    assert policy_of(release).breaker_tripped_at is not None
    assert Watch.objects.get().ended_at is not None


def test_too_many_unanswered_audits_stop_automation():
    release = automating()
    look(release, NOW)
    decided(release, 9, at=NOW, inclusion_probability=0.02, answered=False)
    look(release, NOW + 2 * DAY)
    assert policy_of(release).breaker_tripped_at is None
    decided(release, 1, at=NOW + timedelta(minutes=1), inclusion_probability=0.02, answered=False)
    look(release, NOW + 2 * DAY)
    assert policy_of(release).breaker_by == "overdue"
    assert policy_of(release).breaker_reason.startswith("Audits are overdue")


def test_second_looks_at_audits_that_nobody_takes_stop_automation_too():
    release = automating()
    look(release, NOW)
    audited = decided(release, 10, at=NOW, inclusion_probability=0.02)
    fields = {"workflow": release.workflow, "schema_version": 1, "mode": "blind", "reasons": ["second"]}
    times = {"created_at": NOW, "due_at": NOW + DAY}
    seconds = [Task(case_id=one.case_id, purpose="second", slot=2, **fields, **times) for one in audited]
    others = decided(release, 30, at=NOW, inclusion_probability=1.0, reason="below_cutoff")
    Task.objects.bulk_create(
        Task(case_id=one.case_id, purpose="second", slot=2, **fields, **times) for one in others
    )
    look(release, NOW + 2 * DAY)
    assert policy_of(release).breaker_tripped_at is None, "other second answers are nobody's watch"
    Task.objects.bulk_create(seconds)
    assert pace_of(workflow_id=release.workflow_id, now=NOW + 2 * DAY).overdue == 10  # as the page says it
    look(release, NOW + 2 * DAY)
    assert policy_of(release).breaker_by == "overdue"


def test_where_misses_are_allowed_for_the_watch_holds_what_people_see_against_the_sharper_promise():
    release = automating()
    sharper = {"misses": {"missed": 1, "known_wrong": 20, "bound": 0.3}, "target_tested": 0.007}
    Certificate.objects.update(evidence=sharper)
    look(release, NOW)
    (state,) = Watch.objects.get().states
    assert state["target"] == 0.007
    decided(release, 100, at=NOW, wrong=1, inclusion_probability=0.5)
    watch_before = Watch.objects.get()
    Label.objects.update(at=NOW + DAY)  # a label has changed: everything is read again
    look(release, NOW + 2 * DAY)
    assert Watch.objects.get().states[0]["target"] == watch_before.states[0]["target"]


def test_cutoffs_by_hand_are_nobodys_promise():
    workflow = workflow_with_policy(degree="partial")
    release = champion_of(workflow)
    cutoffs_of(release, None)
    decided(release, 50, at=NOW, wrong=25, inclusion_probability=0.02)
    look(release, NOW + DAY)
    assert not Watch.objects.exists()
    assert not Trial.objects.exists()


def test_each_label_has_a_monitor_of_its_own():
    workflow = workflow_with_policy(degree="partial", scope="per_label")
    release = champion_of(workflow)
    cutoffs_of(release, certificate_of(release, status="certified"))
    look(release, NOW)
    assert Watch.objects.get().units == ["ham", "spam"]
    decided(release, 60, at=NOW, wrong=30, score=0.9995, inclusion_probability=0.25)  # all predicted ham
    look(release, NOW + timedelta(hours=1))
    assert set(rule_for(workflow.id).rule.cutoffs) == {"spam"}
    assert policy_of(release).breaker_tripped_at is None


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_take_everything_in_once():
    release = automating("provisional")
    look(release, NOW)
    decided(release, 200, at=NOW, inclusion_probability=0.76, reason="ramp")
    ready = Barrier(2)

    def run() -> None:
        ready.wait()
        try:
            look(release, NOW + DAY)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Trial.objects.get().n_labels == 200
    assert Watch.objects.get().n_labels == 200
    assert Reading.objects.count() == 20
