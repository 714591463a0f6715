"""An answer can be taken back while nobody outside has heard of it; afterwards it can be changed."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction

from cases.models import Label
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.flow.settling.amend import amend_answer
from hitl.flow.settling.undo import undo_review
from hitl.outbox.models import Delivery, Endpoint
from hitl.shared.errors import Conflict, Invalid, NotFound
from reviews.errors import LeaseExpired, NothingToUndo, UndoTooLate
from reviews.models import Review, Task
from reviews.types import MAX_LEASES
from tests.support.factories import NOW, person
from tests.support.review_rows import (
    adjudicator,
    at_the_same_time,
    audited,
    claim,
    review_workflow,
    say,
    submit,
    waiting,
)

pytestmark = pytest.mark.django_db
WINDOW = timedelta(seconds=settings.UNDO_SECONDS)
INSIDE = NOW + WINDOW - timedelta(milliseconds=1)
AFTER = NOW + WINDOW


def undo(user: User, answered, *, at=INSIDE, **fields):
    return undo_review(lease_token=answered.review.lease_token, actor=user.as_actor(), now=at, **fields)


def subscribe() -> None:
    Endpoint.objects.create(name="all", url="https://example.org", kinds=[], secrets=["s"], created_at=NOW)


def test_inside_the_window_everything_is_as_before_and_the_case_lies_before_the_same_person() -> None:
    subscribe()
    case = waiting(review_workflow())[0]
    reviewer = person()
    answered = say(reviewer, "spam")
    token = undo(reviewer, answered)
    case.refresh_from_db()
    assert (case.status, case.answer) == ("waiting", None)
    assert not Label.objects.filter(superseded_at=None).exists()
    assert list(case.decisions.order_by("sequence").values_list("reason", "label")) == [
        ("no_model", None),
        ("reviewed", "spam"),
        ("undone", None),
    ]
    assert Delivery.objects.get().status == "cancelled"
    task = Task.objects.get()
    assert (task.lease_token, task.leased_to_id, task.status) == (token, reviewer.pk, "leased")
    assert Review.objects.get().undone_at == INSIDE
    submit(lease_token=token, label="ham", actor=reviewer.as_actor(), now=INSIDE)
    case.refresh_from_db()
    assert (case.answer, case.labels.get(superseded_at=None).label) == ("ham", "ham")


def test_after_the_window_it_is_too_late_and_nothing_changes() -> None:
    case = waiting(review_workflow())[0]
    reviewer = person()
    answered = say(reviewer, "spam")
    with pytest.raises(UndoTooLate):
        undo(reviewer, answered, at=AFTER)
    case.refresh_from_db()
    assert (case.answer, case.decisions.count()) == ("spam", 2)


def test_undoing_twice_returns_the_same_lease() -> None:
    waiting(review_workflow())
    reviewer = person()
    answered = say(reviewer, "spam")
    assert undo(reviewer, answered) == undo(reviewer, answered)


def test_an_undone_answer_sent_again_is_refused() -> None:
    waiting(review_workflow())
    reviewer = person()
    answered = say(reviewer, "spam")
    undo(reviewer, answered)
    with pytest.raises(Conflict):
        submit(lease_token=answered.review.lease_token, label="spam", actor=reviewer.as_actor(), now=INSIDE)


def test_nobody_undoes_the_answer_of_another() -> None:
    waiting(review_workflow())
    answered = say(person(), "spam")
    with pytest.raises(NothingToUndo):
        undo(person(), answered)


def test_the_case_on_the_page_is_given_back_so_that_hands_never_overflow() -> None:
    waiting(review_workflow(), MAX_LEASES + 1)
    reviewer = person()
    answered = say(reviewer, "spam")
    held = [claim(reviewer) for _ in range(MAX_LEASES)]
    undo(reviewer, answered, holding=held[0].lease_token)
    assert Task.objects.get(pk=held[0].task_id).status == "waiting"
    assert Task.objects.filter(status="leased").count() == MAX_LEASES


def test_a_second_person_already_asked_loses_the_case_again() -> None:
    case = waiting(review_workflow(reviews_required=2))[0]
    one, other = person(), person()
    answered = say(one, "spam")
    second = claim(other)
    token = undo(one, answered)
    with pytest.raises(LeaseExpired):
        submit(lease_token=second.lease_token, label="ham", actor=other.as_actor(), now=INSIDE)
    submit(lease_token=token, label="ham", actor=one.as_actor(), now=INSIDE)
    assert case.tasks.get(slot=2).status == "waiting"
    say(other, "ham", at=INSIDE)
    case.refresh_from_db()
    assert case.answer == "ham"


@pytest.mark.parametrize("second", ["spam", "ham"])
def test_an_undo_leaves_what_somebody_else_has_answered_since_until_the_new_answer_joins_it(
    second: str,
) -> None:
    subscribe()
    case = waiting(review_workflow(reviews_required=2))[0]
    one = person()
    answered = say(one, "spam")
    say(person(), second)
    token = undo(one, answered)
    case.refresh_from_db()
    assert (case.status, case.answer) == ("waiting", None)
    assert not case.labels.filter(superseded_at=None).exists()
    assert {d.status for d in Delivery.objects.all()} <= {"cancelled"}
    assert not case.tasks.filter(slot=3, status="waiting").exists()
    submit(lease_token=token, label=second, actor=one.as_actor(), now=INSIDE)
    case.refresh_from_db()
    assert (case.answer, case.labels.get(superseded_at=None).label) == (second, second)
    assert not case.tasks.filter(status="waiting").exists()


def test_undoing_an_agreeing_audit_leaves_the_decision_alone() -> None:
    case = audited()
    reviewer = person()
    undo(reviewer, say(reviewer, "spam"))
    case.refresh_from_db()
    assert (case.status, case.answer, case.decisions.count()) == ("decided", "spam", 1)
    assert not Label.objects.filter(superseded_at=None).exists()


def test_undoing_an_upheld_disagreement_restores_the_models_decision() -> None:
    subscribe()
    case = audited()
    say(person(), "ham")
    second = person()
    undo(second, say(second, "ham"))
    case.refresh_from_db()
    assert (case.status, case.answer) == ("decided", "spam")
    assert list(case.decisions.order_by("sequence").values_list("reason", "label"))[1:] == [
        ("amended", "ham"),
        ("undone", "spam"),
    ]
    assert {d.status for d in Delivery.objects.all()} == {"cancelled"}


def test_news_that_has_been_tried_makes_it_too_late() -> None:
    subscribe()
    waiting(review_workflow())
    reviewer = person()
    answered = say(reviewer, "spam")
    Delivery.objects.update(attempts=1)
    with pytest.raises(UndoTooLate), transaction.atomic():
        undo(reviewer, answered)
    assert Review.objects.get().undone_at is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_undo_against_a_relay_either_cancels_the_news_or_comes_too_late(attempt: int) -> None:
    subscribe()
    case = waiting(review_workflow())[0]
    reviewer = person()
    answered = say(reviewer, "spam")

    def relay() -> int:
        with transaction.atomic():
            due = Delivery.objects.select_for_update(skip_locked=True).filter(status="due", due_at__lte=AFTER)
            return Delivery.objects.filter(pk__in=[d.pk for d in due]).update(attempts=1, status="delivered")

    with at_the_same_time(lambda: undo(reviewer, answered), relay) as (undone, sent):
        case.refresh_from_db()
    if sent:
        assert isinstance(undone, UndoTooLate)
        assert (case.status, case.answer) == ("decided", "spam")
    else:
        assert (case.status, Delivery.objects.get().status) == ("waiting", "cancelled")


def test_a_lead_changes_an_answer_and_the_label_is_no_longer_blind() -> None:
    subscribe()
    case = waiting(review_workflow())[0]
    say(person(), "spam")
    lead = person(Role.LEAD)
    amend_answer(case_id=case.pk, label="ham", reason="A newsletter", actor=lead.as_actor(), now=AFTER)
    case.refresh_from_db()
    label = case.labels.get(superseded_at=None)
    assert (case.answer, label.label, label.is_blind, label.labelled_by_id) == ("ham", "ham", False, lead.pk)
    assert case.decisions.get(sequence=2).reason == "amended"
    assert Delivery.objects.filter(event__kind="decision.amended").count() == 1
    entry = Entry.objects.get()
    assert (entry.action, entry.detail["reason"], entry.detail["before"]) == (
        "answer.amended",
        "A newsletter",
        "spam",
    )


def test_a_reviewer_changes_their_own_answer_as_if_they_had_said_so_at_once() -> None:
    case = waiting(review_workflow())[0]
    reviewer = person()
    say(reviewer, "spam")
    amend_answer(case_id=case.pk, label="ham", reason="Misread", actor=reviewer.as_actor(), now=AFTER)
    case.refresh_from_db()
    label = case.labels.get(superseded_at=None)
    assert (case.answer, label.label, label.is_blind) == ("ham", "ham", True)
    assert list(case.reviews.order_by("submitted_at").values_list("label", "undone_at")) == [
        ("spam", AFTER),
        ("ham", None),
    ]


def test_a_reviewer_who_turns_against_the_model_after_an_audit_only_asks_another() -> None:
    case = audited()
    reviewer = person()
    say(reviewer, "spam")
    amend_answer(case_id=case.pk, label="ham", reason="Misread", actor=reviewer.as_actor(), now=AFTER)
    case.refresh_from_db()
    assert (case.answer, case.tasks.get(slot=2).status) == ("spam", "waiting")
    assert not case.labels.filter(superseded_at=None).exists()
    say(person(), "ham", at=AFTER)
    case.refresh_from_db()
    assert case.answer == "ham"


def test_a_reviewer_who_comes_round_to_the_model_ends_the_second_reading() -> None:
    case = audited()
    reviewer = person()
    say(reviewer, "ham")
    amend_answer(case_id=case.pk, label="spam", reason="Misread", actor=reviewer.as_actor(), now=AFTER)
    assert case.tasks.get(slot=2).status == "dropped"
    assert (case.labels.get().label, case.decisions.count()) == ("spam", 1)


def test_one_of_two_who_changes_their_mind_brings_in_the_adjudicator() -> None:
    case = waiting(review_workflow(reviews_required=2))[0]
    one = person()
    say(one, "spam")
    say(person(), "spam")
    amend_answer(case_id=case.pk, label="ham", reason="Misread", actor=one.as_actor(), now=AFTER)
    say(adjudicator(), "ham", at=AFTER)
    case.refresh_from_db()
    assert (case.answer, case.decisions.get(sequence=2).reason) == ("ham", "amended")


def test_strangers_find_nothing_to_change() -> None:
    case = waiting(review_workflow())[0]
    say(person(), "spam")
    for stranger in (person(), person(Role.AUDITOR)):
        with pytest.raises(NotFound):
            amend_answer(case_id=case.pk, label="ham", reason="x", actor=stranger.as_actor(), now=AFTER)


@pytest.mark.parametrize(
    ("label", "reason", "field"), [("spam", "why", "label"), ("eggs", "why", "label"), ("ham", " ", "reason")]
)
def test_a_change_that_does_not_fit_names_the_field(label: str, reason: str, field: str) -> None:
    case = waiting(review_workflow())[0]
    say(person(), "spam")
    with pytest.raises(Invalid) as refused:
        amend_answer(
            case_id=case.pk, label=label, reason=reason, actor=person(Role.LEAD).as_actor(), now=AFTER
        )
    assert refused.value.facts["errors"][0]["field"] == field


def test_a_case_that_waits_has_no_answer_to_change() -> None:
    case = waiting(review_workflow())[0]
    with pytest.raises(Conflict):
        amend_answer(case_id=case.pk, label="ham", reason="x", actor=person(Role.LEAD).as_actor(), now=AFTER)


@pytest.mark.parametrize("is_audit", [False, True])
def test_an_answer_that_a_lead_has_changed_since_is_not_taken_back_from_under_them(is_audit: bool) -> None:
    workflow = review_workflow()
    case = audited(workflow) if is_audit else waiting(workflow)[0]
    reviewer, lead = person(), person(Role.LEAD)
    answered = say(reviewer, "spam")
    amend_answer(case_id=case.pk, label="ham", reason="Misread", actor=lead.as_actor(), now=INSIDE)
    token = undo(reviewer, answered)
    submit(lease_token=token, label="spam", actor=reviewer.as_actor(), now=INSIDE)
    case.refresh_from_db()
    assert (case.status, case.answer, case.tasks.get(slot=1).status) == ("decided", "ham", "done")
    assert case.labels.get(superseded_at=None).label == "ham"


def test_an_undo_takes_back_its_own_answer_and_not_another_of_the_same_moment() -> None:
    subscribe()
    workflow = review_workflow()
    one, other = waiting(workflow, 2)
    ada, bob = person(), person()
    first, second = say(ada, "spam"), say(bob, "ham")
    assert first.review.submitted_at == second.review.submitted_at
    undo(ada, first)
    mine = {case.pk: case for case in (one, other)}[first.review.case_id]
    theirs = {case.pk: case for case in (one, other)}[second.review.case_id]
    for case in (mine, theirs):
        case.refresh_from_db()
    assert (mine.status, theirs.status, theirs.answer) == ("waiting", "decided", "ham")
    assert set(Delivery.objects.values_list("event__subject_id", "status")) == {
        (mine.pk, "cancelled"),
        (theirs.pk, "due"),
    }


def test_an_audit_answered_after_a_lead_has_decided_anew_does_not_bring_the_models_answer_back() -> None:
    case = audited(review_workflow())
    routed = case.decisions.get(sequence=0).label
    amend_answer(case_id=case.pk, label="ham", reason="Seen", actor=person(Role.LEAD).as_actor(), now=NOW)
    assert routed == "spam"
    say(person(), "spam", at=INSIDE)
    case.refresh_from_db()
    assert case.answer == "ham"
    assert case.labels.get(superseded_at=None).label == "ham"
    blind = case.labels.get(is_blind=True)  # kept: it is what the audit found, and proves what it proves
    assert (blind.label, blind.at, blind.superseded_at) == ("spam", INSIDE, INSIDE)
    assert not case.decisions.filter(review_id__isnull=False).exists()


def test_who_answered_first_may_change_their_answer_and_the_leads_decision_stays() -> None:
    case = waiting(review_workflow())[0]
    reviewer = person()
    say(reviewer, "ham")
    amend_answer(case_id=case.pk, label="spam", reason="Seen", actor=person(Role.LEAD).as_actor(), now=AFTER)
    later = AFTER + WINDOW
    amend_answer(case_id=case.pk, label="unsure", reason="Misread", actor=reviewer.as_actor(), now=later)
    case.refresh_from_db()
    assert (case.answer, case.labels.get(superseded_at=None).review_id) == ("spam", None)
    assert Review.objects.get(undone_at=None).label == "unsure"
