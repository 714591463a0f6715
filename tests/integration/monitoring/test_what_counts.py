"""Which answers speak for and against a model: open, late, disputed, voided, in sight of it."""

from datetime import timedelta

import pytest

from cases.models import Label
from hitl.audit.models import Entry
from policy.in_force.rules import rule_for
from policy.models import Trial, Watch
from reviews.models import Task
from science.decision_terms import Basis
from tests.support.factories import NOW
from tests.support.live_rows import answer, decided
from tests.support.watched_rows import DAY, automating, first_said, look, policy_of, proved_by_trial, void

pytestmark = pytest.mark.django_db


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
