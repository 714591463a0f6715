"""The promise is kept, or automation steps back by itself: from labels in decision order."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection

from cases.models import Case, Label
from hitl.audit.models import Entry
from models_store.models import Release, TrainingRun
from models_store.services.runs import request_training
from models_store.types import Trigger
from monitoring.models import EarlySign
from monitoring.promise.pace import pace_of
from monitoring.watch import early, watch
from monitoring.watch.run import RETRAIN_AFTER
from policy.in_force.rules import rule_for
from policy.models import Certificate, CutoffSet, Decision, Policy, Reading, Trial, Watch
from policy.services.breaker import trip_breaker
from reviews.models import Review, Task
from science.decision_terms import Basis, Reason
from tests.support.factories import NOW, TESTER, person
from tests.support.live_rows import answer, decided, evaluated
from tests.support.policy_rows import (
    GRID,
    certificate_of,
    champion_of,
    cutoffs_of,
    workflow_with_policy,
)

pytestmark = pytest.mark.django_db
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
    watch(release.workflow_id, now=at, settle=timedelta(0))


def policy_of(release: Release) -> Policy:
    return Policy.objects.get(workflow_id=release.workflow_id)


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


def test_an_open_audit_holds_the_evidence_behind_it_and_one_overdue_counts_as_wrong():
    release = automating("provisional")
    look(release, NOW)
    decided(release, 30, at=NOW, inclusion_probability=0.76, reason="ramp")
    decided(
        release, 1, at=NOW + timedelta(minutes=1), inclusion_probability=0.76, reason="ramp", answered=False
    )
    decided(release, 39, at=NOW + timedelta(minutes=2), inclusion_probability=0.76, reason="ramp")
    look(release, NOW + timedelta(hours=2))
    trial = Trial.objects.get()
    assert (trial.n_labels, trial.n_overdue) == (30, 0)
    look(release, NOW + 2 * DAY)
    trial.refresh_from_db()
    assert (trial.n_labels, trial.n_overdue, trial.n_wrong) == (70, 1, 1.0)
    assert Watch.objects.get().n_labels == 30  # the monitor waits for it


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


def test_a_dispute_that_nobody_settles_in_time_counts_against_the_model():
    """Where there are fewer than three people, no disagreement is ever settled: the monitor must not wait."""
    release = automating()
    look(release, NOW)
    disputed = decided(release, 40, at=NOW, score=0.9995, inclusion_probability=0.25, answered=False)
    for one in disputed:
        first_said(one, "spam")
    look(release, NOW + timedelta(hours=2))
    assert Watch.objects.get().n_labels == 0
    assert Watch.objects.get().early_level == "amber"
    look(release, NOW + 2 * DAY)
    assert (Watch.objects.get().n_labels, Watch.objects.get().n_wrong) == (40, 40)
    assert policy_of(release).breaker_by == "evidence"


def test_one_who_agreed_stands_where_nobody_reads_the_case_a_second_time():
    release = automating()
    look(release, NOW)
    for one in decided(release, 20, at=NOW, inclusion_probability=0.25, answered=False):
        first_said(one, "ham")
    look(release, NOW + timedelta(hours=2))
    assert Watch.objects.get().n_labels == 0
    look(release, NOW + 2 * DAY)
    assert (Watch.objects.get().n_labels, Watch.objects.get().n_wrong) == (20, 0)


def test_an_audit_nobody_answers_is_held_over_a_weekend_and_not_for_ever():
    release = automating()
    look(release, NOW)
    forgotten = decided(release, 1, at=NOW, inclusion_probability=0.02, answered=False)
    decided(release, 29, at=NOW + timedelta(minutes=2), inclusion_probability=0.02)
    look(release, NOW + 7 * DAY)
    assert Watch.objects.get().n_labels == 0
    look(release, NOW + 9 * DAY)
    assert (Watch.objects.get().n_labels, Watch.objects.get().n_wrong) == (30, 1)
    Task.objects.filter(case_id=forgotten[0].case_id).update(status="done", closed_at=NOW + 9 * DAY)
    answer(forgotten[0], "ham", at=NOW + 9 * DAY).save()
    look(release, NOW + 10 * DAY)
    assert (Watch.objects.get().n_labels, Watch.objects.get().n_wrong) == (30, 0)


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
    ids = [one.case_id for one in decisions]
    Label.objects.filter(case_id__in=ids, superseded_at=None).update(superseded_at=at)
    Task.objects.filter(case_id__in=ids).update(status="waiting", closed_at=None, due_at=at + DAY)


def test_voided_labels_take_back_what_a_trial_proved_by_them():
    release, cases = proved_by_trial()
    void(cases[100:400], NOW + 2 * DAY)
    look(release, NOW + 2 * DAY + timedelta(minutes=1))
    assert Trial.objects.get(outcome="certified").certificate.status == "superseded"
    assert rule_for(release.workflow_id).rule.basis is Basis.NONE
    assert Entry.objects.filter(action="certificate.ended").exists()


def test_what_is_still_proved_without_a_voided_label_stays():
    release, cases = proved_by_trial()
    void(cases[:1], NOW + 2 * DAY)
    for minutes in (1, 2):
        look(release, NOW + 2 * DAY + timedelta(minutes=minutes))
    assert Trial.objects.get(outcome="certified").certificate.status == "certified"
    assert rule_for(release.workflow_id).rule.basis is Basis.CERTIFIED


def test_a_late_answer_takes_the_place_of_what_was_held_against_it():
    release = automating("provisional")
    look(release, NOW)
    late = decided(release, 1, at=NOW, inclusion_probability=0.76, reason="ramp", answered=False)
    decided(release, 39, at=NOW + timedelta(minutes=2), inclusion_probability=0.76, reason="ramp")
    look(release, NOW + 2 * DAY)
    assert Trial.objects.get().n_wrong == 1.0
    Task.objects.filter(case_id=late[0].case_id).update(status="done", closed_at=NOW + 3 * DAY)
    answer(late[0], "ham", at=NOW + 3 * DAY).save()
    look(release, NOW + 4 * DAY)
    trial = Trial.objects.get()
    assert (trial.n_labels, trial.n_wrong, trial.n_overdue) == (40, 0.0, 0)


def test_an_answer_in_sight_of_the_model_may_speak_against_it_and_never_for_it():
    release = automating()
    look(release, NOW)
    decisions = decided(release, 20, at=NOW, wrong=1, inclusion_probability=0.02)
    later = NOW + timedelta(hours=1)
    look(release, later)
    assert Watch.objects.get().n_wrong == 1
    for place, label in ((0, "ham"), (1, "spam")):  # the wrong one absolved, a right one found wrong
        Label.objects.filter(case_id=decisions[place].case_id).update(superseded_at=later)
        answer(decisions[place], label, at=later, is_blind=False).save()
    look(release, later + timedelta(hours=1))
    assert (Watch.objects.get().n_labels, Watch.objects.get().n_wrong) == (20, 2)


def test_a_voided_answer_is_asked_for_again_before_anything_behind_it_counts():
    release = automating()
    look(release, NOW)
    decisions = decided(release, 20, at=NOW, inclusion_probability=0.02)
    look(release, NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=2)
    Label.objects.filter(case_id=decisions[3].case_id).update(superseded_at=later)
    Task.objects.filter(case_id=decisions[3].case_id).update(
        status="waiting", closed_at=None, due_at=later + DAY
    )
    look(release, later + timedelta(minutes=1))
    assert Watch.objects.get().n_labels == 0


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


def test_a_test_that_has_gone_on_for_a_season_is_over():
    release = automating("provisional")
    look(release, NOW)
    look(release, NOW + timedelta(days=91))
    assert Trial.objects.order_by("number").first().outcome == "abandoned"


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


def test_other_cutoffs_end_the_trial_of_the_former():
    release = automating("provisional")
    look(release, NOW)
    CutoffSet.objects.update(in_force_until=NOW)
    cutoffs_of(release, Certificate.objects.get(), cutoffs=dict.fromkeys(release.labels, GRID[1]))
    look(release, NOW + timedelta(hours=1))
    first, second = Trial.objects.order_by("frozen_at")
    assert (first.outcome, second.ended_at) == ("abandoned", None)
    assert second.plans[0]["plan"]["grid"] == [GRID[1]]


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
