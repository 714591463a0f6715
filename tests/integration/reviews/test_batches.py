"""Alike cases answered together: some are read, the others accepted, and nothing unread is evidence."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db.models import Q

from cases.models import Case, Label
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.flow.settling.amend import amend_answer
from hitl.flow.settling.batches import Accepted, accept_rest, answer_one, take_all_back, take_back
from hitl.flow.settling.void import void_answers
from hitl.shared.errors import NotAllowed
from policy.models import Decision
from reviews.errors import UndoTooLate
from reviews.models import Review, ReviewBatch, ReviewRules, Task
from reviews.quality.people import people
from reviews.quality.window import Window
from reviews.services.batches import (
    Alike,
    BatchGone,
    batch_of,
    close_batch,
    groups_waiting,
    open_batch,
    progress_of,
)
from reviews.types import READ_FIRST, ReviewBatchStatus
from tests.support.alike import batcher, mail_waiting
from tests.support.factories import NOW, person
from tests.support.review_rows import at_the_same_time, claim, say

LATER = NOW + timedelta(seconds=60)
pytestmark = pytest.mark.django_db


def opened(user: User) -> ReviewBatch:
    actor = user.as_actor()
    (group,) = groups_waiting(actor, now=NOW)
    return open_batch(actor=actor, leader=group.task_ids[0], now=NOW)


def read(batch: ReviewBatch, user: User, *labels: str | None) -> Any:
    """Answer the next ones of the batch; None is the suggestion."""
    progress = None
    for n, label in enumerate(labels, 1):
        progress = progress_of(batch, actor=user.as_actor(), now=NOW)
        assert progress.next_task is not None
        progress = answer_one(
            batch=batch,
            task_id=progress.next_task.pk,
            label=label or batch.suggestion,
            seconds=3,
            seen={"evidence": "shown"},
            flags=[],
            actor=user.as_actor(),
            now=NOW + timedelta(seconds=5 * n),
        )
    return progress


def accepted(user: User) -> tuple[ReviewBatch, Accepted]:
    batch = opened(user)
    read(batch, user, *[None] * READ_FIRST)
    return batch, accept_rest(batch=batch, actor=user.as_actor(), now=LATER)


def test_only_what_is_shown_with_its_suggestion_anyway_comes_together() -> None:
    mail_waiting()
    (group,) = groups_waiting(batcher().as_actor(), now=NOW)
    alike = Task.objects.filter(case__content__subject="Garden news")
    assert set(alike.values_list("mode", flat=True)) == {"assisted", "blind"}
    assert set(group.task_ids) <= set(alike.filter(mode="assisted").values_list("pk", flat=True))
    assert len(group) >= 0.9 * alike.filter(mode="assisted").count()
    assert set(Task.objects.filter(pk__in=group.task_ids).values_list("suggestion", flat=True)) == {
        group.suggestion
    }


def test_five_are_read_and_the_others_accepted_each_with_its_own_decision_and_no_label() -> None:
    mail_waiting()
    user = batcher()
    batch, done = accepted(user)
    assert done == Accepted(len(batch.task_ids) - READ_FIRST, 0)
    cases = Case.objects.filter(tasks__in=batch.task_ids)
    assert set(cases.values_list("status", "answer")) == {("decided", batch.suggestion)}
    reasons = list(Decision.objects.filter(case__in=cases, sequence=1).values_list("reason", flat=True))
    assert sorted(reasons) == ["batched"] * done.accepted + ["reviewed"] * READ_FIRST
    labels = Label.objects.filter(case__in=cases)
    assert [label.is_blind for label in labels] == [False] * READ_FIRST
    assert all(review.shown["evidence"] == "shown" for review in Review.objects.filter(shown__read=True))
    unread = Review.objects.filter(shown__read=False)
    assert {(r.shown["batch"], r.seconds, r.label) for r in unread} == {
        (str(batch.pk), 0.0, batch.suggestion)
    }
    entry = Entry.objects.get(action="batch.accepted")
    assert (entry.detail["read"], entry.detail["accepted"]) == (READ_FIRST, done.accepted)
    with pytest.raises(BatchGone):
        accept_rest(batch=batch, actor=user.as_actor(), now=LATER)


def test_an_answer_that_differs_dissolves_the_batch_and_the_rest_waits_as_before() -> None:
    mail_waiting()
    user = batcher()
    batch = opened(user)
    other = next(label for label in ("ham", "spam") if label != batch.suggestion)
    progress = read(batch, user, None, None, other)
    assert not progress.is_agreed
    batch.refresh_from_db()
    assert batch.status == ReviewBatchStatus.DISSOLVED
    assert Task.objects.filter(pk__in=batch.task_ids, status="waiting").count() == len(batch.task_ids) - 3
    for act in (
        lambda: accept_rest(batch=batch, actor=user.as_actor(), now=LATER),
        lambda: read(batch, user, None),
    ):
        with pytest.raises(BatchGone):
            act()


def amended(case: Case, label: str, user: User) -> None:
    amend_answer(case_id=case.pk, label=label, reason="Looked again", actor=user.as_actor(), now=LATER)


def at_the_desk(case: Case, label: str, user: User) -> None:
    """Answer a case of the batch as any other, before the queue's order would bring it."""
    Task.objects.filter(case=case).update(priority=1)
    assert say(user, label, at=LATER).review.case_id == case.pk


@pytest.mark.parametrize("by", ["the same person", "somebody else"])
@pytest.mark.parametrize(
    ("place", "act"), [(0, amended), (-1, at_the_desk)], ids=["amended after it was read", "at the desk"]
)
def test_another_answer_to_a_case_of_it_dissolves_it_wherever_it_was_given(
    place: int, act: Callable[[Case, str, User], None], by: str
) -> None:
    mail_waiting()
    user = batcher()
    batch = opened(user)
    assert read(batch, user, *[None] * READ_FIRST).may_accept
    other = next(label for label in ("ham", "spam") if label != batch.suggestion)
    who = user if by == "the same person" else person(Role.REVIEWER, Role.LEAD)
    act(Case.objects.get(tasks=batch.task_ids[place]), other, who)
    assert not progress_of(batch, actor=user.as_actor(), now=LATER).is_agreed
    with pytest.raises(BatchGone, match="another answer"):
        accept_rest(batch=batch, actor=user.as_actor(), now=LATER)
    assert not Decision.objects.filter(reason="batched").exists()


def test_a_case_answered_elsewhere_with_the_suggestion_ends_nothing_and_counts_as_none_read() -> None:
    mail_waiting()
    user = batcher()
    batch = opened(user)
    at_the_desk(Case.objects.get(tasks=batch.task_ids[-1]), batch.suggestion, user)
    progress = progress_of(batch, actor=user.as_actor(), now=LATER)
    assert (progress.is_agreed, len(progress.read), len(progress.rest)) == (True, 0, len(batch.task_ids) - 1)


def test_a_reason_required_meanwhile_keeps_the_rest_for_the_desk() -> None:
    workflow = mail_waiting()
    user = batcher()
    batch = opened(user)
    read(batch, user, *[None] * READ_FIRST)
    reasons = {batch.suggestion: [{"code": "phish", "words": "Phishing", "required": True}]}
    ReviewRules.objects.update_or_create(workflow=workflow, defaults={"reason_codes": reasons})
    with pytest.raises(BatchGone):
        accept_rest(batch=batch, actor=user.as_actor(), now=LATER)
    with pytest.raises(BatchGone):
        answer_one(
            batch=batch, task_id=batch.task_ids[-1], label=batch.suggestion, seconds=1, seen={}, flags=[],
            actor=user.as_actor(), now=LATER,
        )  # fmt: skip


def test_too_little_read_no_role_and_a_batch_of_somebody_else_accept_nothing() -> None:
    mail_waiting()
    user = batcher()
    batch = opened(user)
    read(batch, user, *[None] * (READ_FIRST - 1))
    with pytest.raises(BatchGone):
        accept_rest(batch=batch, actor=user.as_actor(), now=LATER)
    read(batch, user, None)
    plain, other = person(Role.REVIEWER), batcher()
    with pytest.raises(NotAllowed):
        accept_rest(batch=batch, actor=plain.as_actor(), now=LATER)
    with pytest.raises(NotAllowed):
        open_batch(actor=plain.as_actor(), leader=batch.task_ids[-1], now=NOW)
    with pytest.raises(BatchGone):
        batch_of(other.as_actor(), batch.pk)
    with pytest.raises(BatchGone):
        accept_rest(batch=batch, actor=user.as_actor(), now=NOW + timedelta(hours=1))
    assert not Decision.objects.filter(reason="batched").exists()


def test_what_is_read_was_drawn_once_and_not_by_the_order_of_the_queue() -> None:
    mail_waiting()
    user = batcher()
    (group,) = groups_waiting(user.as_actor(), now=NOW)
    batch = opened(user)
    assert opened(user) == batch, "opened again, nothing is drawn anew"
    assert sorted(batch.task_ids) == sorted(group.task_ids)
    assert batch.task_ids != list(group.task_ids)


def test_what_somebody_has_open_is_not_offered_to_others_and_comes_back_when_it_is_left() -> None:
    mail_waiting()
    user, other = batcher(), batcher()
    batch = opened(user)
    assert groups_waiting(other.as_actor(), now=NOW) == []
    assert close_batch(batch, ReviewBatchStatus.LEFT, now=NOW)
    assert not close_batch(batch, ReviewBatchStatus.ACCEPTED, now=NOW)
    assert len(groups_waiting(other.as_actor(), now=NOW)) == 1


def test_cases_in_other_hands_are_passed_by() -> None:
    mail_waiting()
    user = batcher()
    batch = opened(user)
    read(batch, user, *[None] * READ_FIRST)
    leased = claim(person(), at=NOW)
    (dropped, *_) = [task for task in reversed(batch.task_ids) if task != leased.task_id]
    Task.objects.filter(pk=dropped).update(status="dropped")
    done = accept_rest(batch=batch, actor=user.as_actor(), now=LATER)
    assert done.accepted == len(batch.task_ids) - READ_FIRST - 1 - (leased.task_id in batch.task_ids)
    assert Task.objects.get(pk=leased.task_id).status == "leased"


def test_each_can_be_taken_back_by_itself_and_all_of_them_inside_the_window() -> None:
    mail_waiting()
    user = batcher()
    batch, done = accepted(user)
    one = Review.objects.filter(shown__read=False).first()
    assert one is not None
    take_back(lease_token=one.lease_token, actor=user.as_actor(), now=LATER)
    case = Case.objects.get(pk=one.case_id)
    assert (case.status, case.answer) == ("waiting", None)
    assert Task.objects.get(pk=one.task_id).status == "waiting"
    assert take_all_back(batch=batch, actor=user.as_actor(), now=LATER) == (done.accepted - 1, 0)
    assert Task.objects.filter(pk__in=batch.task_ids, status="waiting").count() == done.accepted
    assert Label.objects.filter(superseded_at=None).count() == READ_FIRST


def test_after_the_window_one_is_amended_like_any_other_and_then_counts_as_read() -> None:
    mail_waiting()
    user = batcher()
    batch, _ = accepted(user)
    one = Review.objects.filter(shown__read=False).first()
    assert one is not None
    late = LATER + timedelta(minutes=1)
    with pytest.raises(UndoTooLate):
        take_back(lease_token=one.lease_token, actor=user.as_actor(), now=late)
    other = next(label for label in ("ham", "spam") if label != batch.suggestion)
    amend_answer(case_id=one.case_id, label=other, reason="Looked again", actor=user.as_actor(), now=late)
    assert Case.objects.get(pk=one.case_id).answer == other
    assert Label.objects.get(case_id=one.case_id, superseded_at=None).label == other


def test_voiding_a_person_s_answers_puts_what_they_never_read_back_into_the_queue() -> None:
    mail_waiting()
    user = batcher()
    batch, done = accepted(user)
    lead = person(Role.LEAD)
    voiding = void_answers(
        reviewer_id=user.pk,
        workflow_id=None,
        since=NOW,
        reason="Never looked",
        actor=lead.as_actor(),
        now=LATER + timedelta(minutes=5),
    )
    assert voiding.answers == voiding.reopened == len(batch.task_ids)
    cases = Case.objects.filter(tasks__in=batch.task_ids)
    assert set(cases.values_list("status", "answer")) == {("waiting", None)}
    last = Decision.objects.filter(case__in=cases, reason="undone").count()
    assert last == done.accepted + READ_FIRST


def test_a_lead_sees_what_was_not_read_apart_from_the_answers() -> None:
    mail_waiting()
    user = batcher()
    _, done = accepted(user)
    (found,) = people(Window(NOW - timedelta(days=1), LATER))
    assert (found.answers, found.unread, found.median) == (READ_FIRST, done.accepted, 3.0)


@pytest.mark.parametrize(
    "rules",
    [
        {"reviews_required": 2},
        {"reason_codes": {"spam": [{"code": "phish", "words": "Phishing", "required": True}]}},
    ],
    ids=["two answers a case", "reasons required"],
)
def test_where_more_is_asked_than_a_label_cases_are_answered_one_by_one(rules: dict[str, Any]) -> None:
    workflow = mail_waiting()
    ReviewRules.objects.update_or_create(workflow=workflow, defaults=rules)
    assert groups_waiting(batcher().as_actor(), now=NOW) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("people", [1, 2], ids=["one person twice", "two people"])
def test_a_group_opened_twice_at_the_same_moment_is_one_batch(
    people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_waiting(20)
    both = Barrier(2, timeout=30)

    def seen_by_both(*args: Any, **kwargs: Any) -> list[Alike]:
        groups = groups_waiting(*args, **kwargs)
        both.wait()
        return groups

    monkeypatch.setattr("reviews.services.batches.groups_waiting", seen_by_both)
    first = batcher()
    second = first if people == 1 else batcher()
    leader = groups_waiting(first.as_actor(), now=NOW)[0].task_ids[0]

    def opens(user: User) -> Callable[[], ReviewBatch]:
        return lambda: open_batch(actor=user.as_actor(), leader=leader, now=NOW)

    with at_the_same_time(opens(first), opens(second)) as outcomes:
        refused = sum(isinstance(outcome, BatchGone) for outcome in outcomes)
    assert refused == people - 1
    assert ReviewBatch.objects.get() in outcomes


@pytest.mark.django_db(transaction=True)
def test_two_pages_of_one_person_accept_a_batch_once() -> None:
    mail_waiting(20)
    user = batcher()
    batch = opened(user)
    read(batch, user, *[None] * READ_FIRST)

    def accept() -> Accepted:
        return accept_rest(batch=batch, actor=user.as_actor(), now=LATER)

    with at_the_same_time(accept, accept) as outcomes:
        assert sum(isinstance(outcome, BatchGone) for outcome in outcomes) == 1
    unread = Review.objects.filter(~Q(shown__read=True), undone_at=None)
    assert unread.count() == len(batch.task_ids) - READ_FIRST
    assert Decision.objects.filter(reason="batched").count() == unread.count()
