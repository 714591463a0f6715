"""Somebody's answers are declared void: what no longer counts, who is asked again, and what stays."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from cases.models import Case, Label, Voiding, Workflow
from cases.types import Purpose
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.flow.reading.timeline import whole_history
from hitl.flow.settling import void as voiding
from hitl.flow.settling.amend import amend_answer
from hitl.flow.settling.undo import undo_review
from hitl.flow.settling.void import begin_voiding, continue_voiding, preview_voiding, step, void_answers
from hitl.outbox.models import Endpoint, Event
from hitl.shared.errors import Conflict, Invalid, NotAllowed
from policy.models import Decision
from reviews.errors import LeaseExpired
from reviews.models import Review, ReviewRules, Task
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow, lead
from tests.support.review_rows import (
    adjudicator,
    at_the_same_time,
    audited,
    claim,
    review_workflow,
    say,
    submit,
    suggest,
    waiting,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = NOW + HOUR


def void(
    of: User, *, since: datetime = NOW, now: datetime = LATER, workflow: Workflow | None = None
) -> Voiding:
    return void_answers(
        reviewer_id=of.pk,
        workflow_id=workflow.pk if workflow else None,
        since=since,
        reason="Answered without reading",
        actor=lead(),
        now=now,
    )


def current(case: Case) -> str | None:
    return Label.objects.filter(case=case, superseded_at=None).values_list("label", flat=True).first()


def counts(done: Voiding) -> dict[str, int]:
    names = ("answers", "labels", "kept", "reopened", "reaudited")
    return {name: getattr(done, name) for name in names if getattr(done, name)}


def test_a_case_that_one_person_decided_waits_again_blind_and_somebody_else_decides_it() -> None:
    Endpoint.objects.create(name="all", url="https://example.org", kinds=[], secrets=["s"], created_at=NOW)
    workflow = automating_workflow()
    case = waiting(workflow)[0]
    suggest(case, workflow.releases.get(), label="spam", confidence=0.7, runner_up="ham")
    Task.objects.update(inclusion_probability=0.1)
    hasty, careful = person(), person()
    say(hasty, "spam")
    done = void(hasty)
    assert counts(done) == {"answers": 1, "labels": 1, "reopened": 1}
    case.refresh_from_db()
    assert (case.status, case.answer, current(case)) == ("waiting", None, None)
    task = case.tasks.get()
    assert (task.status, task.mode, task.reasons, task.suggestion, task.inclusion_probability) == (
        "waiting",
        "blind",
        ["voided"],
        None,
        None,  # it was not drawn to be blind: its label must not stand for others
    )
    assert Review.objects.get().label == "spam"  # what was said stays stored
    assert [event.kind for event in Event.objects.order_by("at")][-1] == "decision.voided"
    say(careful, "ham", at=LATER)
    case.refresh_from_db()
    assert (case.status, case.answer, current(case)) == ("decided", "ham", "ham")
    reasons = list(case.decisions.order_by("sequence").values_list("reason", flat=True))
    assert reasons[1:] == ["reviewed", "undone", "reviewed"]


def test_a_blind_answer_that_is_asked_again_keeps_its_chance() -> None:
    case = waiting(review_workflow())[0]
    Task.objects.update(inclusion_probability=0.1)
    hasty = person()
    say(hasty, "spam")
    void(hasty)
    assert case.tasks.get().inclusion_probability == 0.1


def test_only_answers_of_that_person_since_that_moment_in_that_workflow_are_touched() -> None:
    mail, post = review_workflow("mail"), review_workflow("post")
    hasty, other = person(), person()
    before = waiting(mail)[0]
    say(hasty, "spam", at=NOW)
    after = waiting(mail, at=NOW + HOUR)[0]
    say(hasty, "spam", at=NOW + HOUR)
    elsewhere = waiting(post, at=NOW + HOUR)[0]
    say(hasty, "spam", at=NOW + HOUR)
    theirs = waiting(mail, at=NOW + HOUR)[0]
    say(other, "spam", at=NOW + HOUR)
    done = void(hasty, since=NOW + HOUR / 2, now=NOW + 2 * HOUR, workflow=mail)
    assert counts(done) == {"answers": 1, "labels": 1, "reopened": 1}
    assert [current(case) for case in (before, after, elsewhere, theirs)] == ["spam", None, "spam", "spam"]


def test_a_label_that_others_carry_stands_in_their_name() -> None:
    workflow = review_workflow(reviews_required=2)
    case = waiting(workflow)[0]
    hasty, second, judge = person(), person(), adjudicator()
    say(second, "spam")
    say(hasty, "ham")
    say(judge, "spam")
    assert current(case) == "spam"
    done = void(hasty)
    assert counts(done) == {"answers": 1, "kept": 1}
    case.refresh_from_db()
    assert (case.status, current(case)) == ("decided", "spam")


def test_the_name_on_a_label_changes_when_its_giver_is_voided() -> None:
    case = audited(second_read_share=1.0)
    first, second = person(), person()
    say(first, "spam")
    say(second, "spam")
    assert Label.objects.get(superseded_at=None).labelled_by == second
    ReviewRules.objects.update(second_read_share=0.0)  # from now on one who agrees is enough
    done = void(second)
    label = Label.objects.get(superseded_at=None)
    assert (label.label, label.labelled_by, counts(done)["kept"]) == ("spam", first, 1)
    assert counts(void(first, now=LATER + HOUR)) == {"answers": 1, "labels": 1, "reaudited": 1}
    assert current(case) is None


def test_a_label_that_the_void_answer_decided_between_two_is_open_again() -> None:
    case = audited()
    say(person(), "ham")
    say(person(), "spam")
    last = person(Role.REVIEWER, Role.ADJUDICATOR)
    say(last, "spam")
    assert counts(void(last)) == {"answers": 1, "labels": 1, "reaudited": 1}
    assert current(case) is None


def test_of_two_who_agreed_the_other_is_not_enough_and_a_third_is_asked() -> None:
    workflow = review_workflow(reviews_required=2)
    case = waiting(workflow)[0]
    hasty, other, third = person(), person(), person()
    say(hasty, "spam")
    say(other, "spam")
    assert counts(void(hasty)) == {"answers": 1, "labels": 1, "reopened": 1}
    assert case.tasks.get(status="waiting").purpose == Purpose.REVIEW
    say(third, "spam", at=LATER)
    case.refresh_from_db()
    assert (case.status, current(case)) == ("decided", "spam")
    assert Label.objects.get(superseded_at=None).labelled_by == third


def test_an_audit_drawn_to_be_read_twice_is_read_by_another_where_one_of_the_two_is_void() -> None:
    case = audited(second_read_share=1.0)
    hasty, careful, third = person(), person(), person()
    say(hasty, "spam")
    say(careful, "spam")
    assert counts(void(hasty)) == {"answers": 1, "labels": 1, "reaudited": 1}
    assert current(case) is None, "one person alone read it"
    say(third, "spam", at=LATER)
    assert (current(case), Label.objects.get(superseded_at=None).purpose) == ("spam", "audit")


def test_of_two_who_differed_the_one_who_agrees_with_the_model_does_not_settle_it() -> None:
    case = audited()
    against, hasty, last = person(), person(), person(Role.REVIEWER, Role.ADJUDICATOR)
    say(against, "ham")
    say(hasty, "spam")
    say(last, "spam")
    assert counts(void(hasty)) == {"answers": 1, "labels": 1, "reaudited": 1}
    assert current(case) is None, "one says ham, one says spam"
    say(person(), "ham", at=LATER)
    assert current(case) == "ham"


def test_an_answer_against_the_model_outlives_the_void_one_before_it() -> None:
    case = audited()
    hasty, against, another = person(), person(), person()
    say(hasty, "ham")
    say(against, "ham")
    void(hasty)
    say(another, "spam", at=LATER)
    assert current(case) is None, "the standing answer contradicts the model"
    say(person(Role.REVIEWER, Role.ADJUDICATOR), "ham", at=LATER)
    assert current(case) == "ham"


def test_where_both_answers_are_void_one_against_the_model_settles_nothing_whoever_gives_it() -> None:
    case = audited()
    two = person(), person()
    for one in two:
        say(one, "ham")
    for hour, one in enumerate(two):
        void(one, now=LATER + hour * HOUR)
    assert current(case) is None
    assert list(case.tasks.filter(status="waiting").values_list("slot", flat=True).order_by("slot")) == [1, 2]
    case.tasks.filter(slot=1).update(priority=-9)  # the second task is answered first
    assert say(person(), "ham", at=LATER + 3 * HOUR).label is None
    assert not case.tasks.filter(slot=3).exists(), "the first is still to be answered"
    assert say(person(), "ham", at=LATER + 3 * HOUR).label == "ham"
    assert Label.objects.get(superseded_at=None).purpose == "audit"


def test_whoever_was_only_asked_because_of_a_void_answer_is_asked_no_more() -> None:
    case = audited()
    hasty = person()
    say(hasty, "ham")
    assert case.tasks.get(status="waiting").purpose == Purpose.SECOND
    assert counts(void(hasty)) == {"answers": 1, "reaudited": 1}
    assert dict(case.tasks.values_list("purpose", "status")) == {"audit": "waiting", "second": "dropped"}
    say(person(), "ham", at=LATER)
    assert dict(case.tasks.values_list("purpose", "status")) == {"audit": "done", "second": "waiting"}


def test_an_automatic_decision_keeps_its_answer_until_it_is_audited_again() -> None:
    case = audited()
    hasty = person()
    say(hasty, "spam")
    assert counts(void(hasty)) == {"answers": 1, "labels": 1, "reaudited": 1}
    case.refresh_from_db()
    assert (case.status, case.answer, current(case)) == ("decided", "spam", None)
    assert case.tasks.get().purpose == Purpose.AUDIT
    say(person(), "spam", at=LATER)
    case.refresh_from_db()
    assert (case.status, case.answer, current(case)) == ("decided", "spam", "spam")


def test_what_a_lead_decided_anew_since_then_stands() -> None:
    case = waiting(review_workflow())[0]
    hasty = person()
    say(hasty, "spam")
    amend_answer(case_id=case.pk, label="ham", reason="It is wanted", actor=lead(), now=NOW + HOUR / 2)
    assert counts(void(hasty)) == {"answers": 1, "kept": 1}
    case.refresh_from_db()
    assert (case.status, case.answer, current(case)) == ("decided", "ham", "ham")
    assert not case.tasks.filter(status="waiting").exists()


def test_a_void_answer_can_be_neither_undone_nor_amended_by_the_one_who_gave_it() -> None:
    waiting(review_workflow())
    hasty = person()
    answered = say(hasty, "spam")
    void(hasty, now=NOW + timedelta(seconds=2))
    with pytest.raises(LeaseExpired):
        undo_review(
            lease_token=answered.review.lease_token,
            actor=hasty.as_actor(),
            now=NOW + timedelta(seconds=3),
        )


def test_it_is_done_in_steps_and_once_however_often_and_wherever_it_is_taken_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(voiding, "CHUNK", 2)
    workflow, hasty = review_workflow(), person()
    waiting(workflow, 5)
    for _ in range(5):
        say(hasty, "spam", at=NOW + timedelta(minutes=1))
    begun = begin_voiding(
        reviewer_id=hasty.pk, workflow_id=None, since=NOW, reason="x", actor=lead(), now=LATER
    )
    assert step(voiding_id=begun.pk, now=LATER)
    assert Voiding.objects.get().answers == 2
    assert voiding.unfinished() == [begun.pk]
    with pytest.raises(Conflict):
        begin_voiding(
            reviewer_id=hasty.pk, workflow_id=workflow.pk, since=NOW, reason="y", actor=lead(), now=LATER
        )
    again = begin_voiding(
        reviewer_id=hasty.pk, workflow_id=None, since=NOW, reason="x", actor=lead(), now=LATER
    )
    assert again == begun
    done = continue_voiding(voiding_id=begun.pk, now=LATER + HOUR)
    assert counts(done) == {"answers": 5, "labels": 5, "reopened": 5}
    assert continue_voiding(voiding_id=begun.pk, now=LATER + 2 * HOUR).finished_at == LATER + HOUR
    assert Task.objects.filter(status="waiting").count() == 5
    assert [entry.action for entry in Entry.objects.order_by("number")] == ["answers.voided", "answers.void"]


def test_what_a_person_holds_goes_back_and_the_page_says_what_would_happen() -> None:
    workflow, hasty = review_workflow(), person()
    waiting(workflow, 2)
    say(hasty, "spam")
    leased = claim(hasty, at=NOW)
    seen = preview_voiding(reviewer_id=hasty.pk, workflow_id=workflow.pk, since=NOW, now=LATER)
    assert (seen.answers, seen.cases, seen.automatic, seen.labels, seen.leased) == (1, 1, 0, 1, 1)
    void(hasty, now=NOW)
    with pytest.raises(LeaseExpired):
        submit(lease_token=leased.lease_token, label="spam", actor=hasty.as_actor(), now=NOW)


def test_the_history_of_a_case_says_who_voided_the_answer_and_why() -> None:
    case = waiting(review_workflow())[0]
    hasty = person()
    say(hasty, "spam")
    done = void(hasty)
    told = next(entry for entry in whole_history(case) if entry.title == "Answer voided")
    assert (told.by, told.note, told.at) == (done.asked_by, "Answered without reading", LATER)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reason": "  "}, Invalid),
        ({"reason": "x" * 2001}, Invalid),
        ({"since": LATER + HOUR}, Invalid),
        ({"actor": None}, NotAllowed),
    ],
)
def test_it_takes_a_reason_a_past_moment_and_the_right_to_it(
    changes: dict[str, object], refusal: type[Exception]
) -> None:
    hasty = person()
    asked = {
        "reviewer_id": hasty.pk,
        "workflow_id": None,
        "since": NOW,
        "reason": "x",
        "actor": lead(),
        "now": LATER,
    } | changes
    if asked["actor"] is None:
        asked["actor"] = hasty.as_actor()
    with pytest.raises(refusal):
        begin_voiding(**asked)  # type: ignore[arg-type]
    assert not Voiding.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_answer_in_flight_is_void_or_refused_and_never_slips_through() -> None:
    workflow = review_workflow()
    hasty, boss = person(), lead()
    for n in range(6):
        case = waiting(workflow, at=NOW + timedelta(seconds=n))[0]
        token: UUID = claim(hasty, at=NOW + timedelta(seconds=n)).lease_token

        def answer(token: UUID = token, n: int = n) -> object:
            at = NOW + timedelta(seconds=n)
            return submit(lease_token=token, label="spam", actor=hasty.as_actor(), now=at)

        def take_back(n: int = n) -> Voiding:
            at = NOW + timedelta(seconds=n)
            return void_answers(
                reviewer_id=hasty.pk, workflow_id=None, since=NOW, reason="x", actor=boss, now=at
            )

        with at_the_same_time(answer, take_back) as (answered, done):
            assert isinstance(done, Voiding), done
        stands = Review.objects.filter(case=case, undone_at=None).exists()
        assert not stands
        assert isinstance(answered, LeaseExpired) or counts(done)["answers"] == 1
        case.refresh_from_db()
        assert (case.status, current(case)) == ("waiting", None)
        assert case.tasks.get().status == "waiting"
        Task.objects.filter(case=case).update(status="dropped")
    assert Decision.objects.filter(route="person").count() % 2 == 0
    connection.close()
