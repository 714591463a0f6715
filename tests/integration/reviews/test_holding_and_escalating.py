"""Look ahead, hold, escalate: what a person does with a task besides answering it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hitl.accounts.types import Role
from hitl.flow.settling.undo import undo_review
from hitl.flow.settling.withdraw import withdraw_case, withdraw_skipped
from hitl.shared.errors import Invalid
from reviews.errors import HandsFull, HoldsFull, LeaseExpired
from reviews.lease_length import AHEAD_LASTS
from reviews.models import Skip, Task
from reviews.quiet import why_quiet
from reviews.selectors import has_work, leased_task_of, on_hold
from reviews.services.leases import give_back, reap, release_left, renew
from reviews.services.queue import begin, claim_ahead, claim_next, take_again
from reviews.services.skip_hold_escalate import end_skips, escalate, hold, skip, unhold
from reviews.types import MAX_LEASES, SKIP_LASTS
from tests.support.factories import NOW, TESTER, person
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
LEASE = timedelta(seconds=300)
TOMORROW = NOW + timedelta(days=1)


def ahead(user, *, at=NOW, most=2):
    return claim_ahead(actor=user.as_actor(), workflow_ids=None, now=at, most=most)


def test_the_next_two_cases_are_leased_ahead_for_a_short_while() -> None:
    cases = waiting(review_workflow(), 4)
    reviewer = person()
    claim(reviewer)
    taken = ahead(reviewer)
    assert [leased.case_id for leased in taken] == [case.pk for case in cases[1:3]]
    assert {leased.lease_until for leased in taken} == {NOW + AHEAD_LASTS}
    assert ahead(reviewer) == []
    assert claim(person()).case_id == cases[3].pk


def test_what_is_leased_ahead_is_on_no_page_until_it_begins() -> None:
    waiting(review_workflow(), 2)
    reviewer = person()
    current = claim(reviewer)
    [coming] = ahead(reviewer)
    assert leased_task_of(reviewer.as_actor(), now=NOW).task_id == current.task_id
    later = NOW + timedelta(seconds=50)
    assert begin(lease_token=coming.lease_token, actor=reviewer.as_actor(), now=later) == later + LEASE
    on_page = leased_task_of(reviewer.as_actor(), now=later)
    assert (on_page.task_id, on_page.leased_at) == (coming.task_id, later)
    with pytest.raises(LeaseExpired):
        begin(lease_token=coming.lease_token, actor=person().as_actor(), now=later)


def test_time_ahead_is_no_time_at_the_case() -> None:
    waiting(review_workflow(), 2)
    reviewer = person()
    claim(reviewer)
    [coming] = ahead(reviewer)
    begun = NOW + timedelta(seconds=60)
    begin(lease_token=coming.lease_token, actor=reviewer.as_actor(), now=begun)
    sent = {"label": "spam", "seconds": 500, "actor": reviewer.as_actor()}
    answered = submit(lease_token=coming.lease_token, now=begun + timedelta(seconds=7), **sent)
    assert (answered.review.started_at, answered.review.seconds) == (begun, 7)


def test_keeping_the_case_on_the_page_keeps_those_ahead_for_a_short_while_more() -> None:
    waiting(review_workflow(), 2)
    reviewer = person()
    current = claim(reviewer)
    ahead(reviewer)
    later = NOW + timedelta(seconds=80)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        renew(lease_token=current.lease_token, actor=reviewer.as_actor(), now=later)
    assert len(queries) == 1
    assert reap(now=NOW + AHEAD_LASTS + timedelta(seconds=1)) == 0
    assert reap(now=later + AHEAD_LASTS + timedelta(seconds=1)) == 1


def test_full_hands_let_go_of_what_is_ahead_and_undo_finds_a_place() -> None:
    waiting(review_workflow(), 6)
    reviewer = person()
    leased = claim(reviewer)
    submit(lease_token=leased.lease_token, label="spam", actor=reviewer.as_actor(), now=NOW)
    claim(reviewer)
    assert len(ahead(reviewer)) == 2
    undo_review(lease_token=leased.lease_token, actor=reviewer.as_actor(), now=NOW)
    assert Task.objects.filter(status="leased", ahead=True).count() == 0
    ahead(reviewer)
    with pytest.raises(HandsFull):
        claim(reviewer)
    assert release_left(actor=reviewer.as_actor(), now=NOW) == 1


def test_a_claim_ahead_is_one_statement_a_case() -> None:
    waiting(review_workflow(), 4)
    reviewer = person()
    claim(reviewer)
    ahead(reviewer, most=1)
    Task.objects.filter(ahead=True).update(ahead=False)
    with CaptureQueriesContext(connection) as queries:
        ahead(reviewer, most=1)
    assert len([q for q in queries if "EXECUTE" in q["sql"]]) == 1
    assert len(queries) == 2


def test_a_case_on_hold_is_its_holders_until_its_time_is_over() -> None:
    case, other = waiting(review_workflow(), 2)
    reviewer, colleague = person(), person()
    token = claim(reviewer).lease_token
    hold(lease_token=token, actor=reviewer.as_actor(), now=NOW, until=TOMORROW)
    assert [task.case_id for task in on_hold(reviewer.as_actor())] == [case.pk]
    assert claim(colleague).case_id == other.pk
    with pytest.raises(LeaseExpired):
        submit(lease_token=token, label="spam", actor=reviewer.as_actor(), now=NOW)
    assert reap(now=TOMORROW - timedelta(seconds=1)) == 1  # the colleague's lease
    assert reap(now=TOMORROW + timedelta(seconds=1)) == 1
    assert on_hold(reviewer.as_actor()) == []
    assert claim(colleague, at=TOMORROW).case_id == case.pk


@pytest.mark.parametrize("how", ["held", "left"])
def test_what_is_leased_ahead_makes_room_for_a_case_that_is_asked_for(how: str) -> None:
    """The desk leases ahead by itself: with one case on the page every place is taken."""
    waiting(review_workflow(), 6)
    reviewer = person()
    actor = reviewer.as_actor()
    first, shown = claim(reviewer), claim(reviewer)
    ahead(reviewer, most=1)
    if how == "held":
        hold(lease_token=first.lease_token, actor=actor, now=NOW, until=TOMORROW)
    else:
        give_back(lease_token=first.lease_token, actor=actor, now=NOW)
    Task.objects.filter(case_id=first.case_id, status="waiting").update(created_at=TOMORROW, due_at=TOMORROW)
    ahead(reviewer)
    assert Task.objects.filter(leased_to=reviewer, status="leased").count() == MAX_LEASES
    if how == "held":
        leased = unhold(task_id=on_hold(actor)[0].pk, actor=actor, now=NOW)
    else:
        leased = take_again(actor=actor, case_id=first.case_id, now=NOW)
    assert leased.case_id == first.case_id
    mine = Task.objects.filter(leased_to=reviewer, status="leased").values_list("case_id", flat=True)
    assert set(mine) == {shown.case_id, first.case_id}


def test_the_owner_takes_a_case_up_again_and_answers_it() -> None:
    case = waiting(review_workflow())[0]
    reviewer = person()
    hold(lease_token=claim(reviewer).lease_token, actor=reviewer.as_actor(), now=NOW, until=TOMORROW)
    task = on_hold(reviewer.as_actor())[0]
    with pytest.raises(LeaseExpired):
        unhold(task_id=task.pk, actor=person().as_actor(), now=NOW)
    leased = unhold(task_id=task.pk, actor=reviewer.as_actor(), now=NOW)
    assert leased.lease_until == NOW + LEASE
    submit(lease_token=leased.lease_token, label="spam", actor=reviewer.as_actor(), now=NOW)
    case.refresh_from_db()
    assert case.answer == "spam"
    with pytest.raises(LeaseExpired):
        unhold(task_id=task.pk, actor=reviewer.as_actor(), now=NOW)


def test_nobody_holds_more_than_the_cap_or_for_longer_than_the_rules_say() -> None:
    waiting(review_workflow(hold_cap=2, hold_max_hours=4), 3)
    reviewer = person()
    actor = reviewer.as_actor()
    for _ in range(2):
        hold(lease_token=claim(reviewer).lease_token, actor=actor, now=NOW, until=NOW + timedelta(hours=4))
    token = claim(reviewer).lease_token
    with pytest.raises(HoldsFull):
        hold(lease_token=token, actor=actor, now=NOW, until=NOW + timedelta(hours=1))
    for until in (NOW, NOW + timedelta(hours=5)):
        with pytest.raises(Invalid):
            hold(lease_token=token, actor=actor, now=NOW, until=until)
    assert leased_task_of(actor, now=NOW).lease_token == token


def test_full_hands_take_nothing_up() -> None:
    waiting(review_workflow(), MAX_LEASES + 1)
    reviewer = person()
    actor = reviewer.as_actor()
    hold(lease_token=claim(reviewer).lease_token, actor=actor, now=NOW, until=TOMORROW)
    for _ in range(MAX_LEASES):
        claim(reviewer)
    with pytest.raises(HandsFull):
        unhold(task_id=on_hold(actor)[0].pk, actor=actor, now=NOW)


def test_a_withdrawn_case_is_taken_from_the_shelf() -> None:
    case = waiting(review_workflow())[0]
    reviewer = person()
    hold(lease_token=claim(reviewer).lease_token, actor=reviewer.as_actor(), now=NOW, until=TOMORROW)
    withdraw_case(case_id=case.pk, actor=TESTER, now=NOW)
    assert case.tasks.get().status == "dropped"
    with pytest.raises(LeaseExpired):
        unhold(task_id=case.tasks.get().pk, actor=reviewer.as_actor(), now=NOW)


def test_a_case_passed_up_goes_to_adjudicators_with_the_word_of_why() -> None:
    case = waiting(review_workflow())[0]
    both = person(Role.REVIEWER, Role.ADJUDICATOR)
    token = claim(both).lease_token
    escalate(lease_token=token, reason=" Two languages ", actor=both.as_actor(), now=NOW)
    task = case.tasks.get()
    assert task.reasons == ["uncertain", "escalated"]
    assert not has_work(both.as_actor(), workflow_ids=None, now=NOW)
    assert claim_next(actor=both.as_actor(), workflow_ids=None, now=NOW) is None
    assert claim_next(actor=person().as_actor(), workflow_ids=None, now=NOW) is None
    with pytest.raises(LeaseExpired):
        take_again(actor=both.as_actor(), case_id=case.pk, now=NOW)
    judge = adjudicator()
    assert claim(judge).escalation == "Two languages"
    with pytest.raises(LeaseExpired):
        escalate(lease_token=token, reason="", actor=both.as_actor(), now=NOW)


def test_an_audit_that_is_passed_up_stays_blind_and_settles_as_any_audit() -> None:
    case = audited()
    reviewer = person()
    escalate(lease_token=claim(reviewer).lease_token, reason="", actor=reviewer.as_actor(), now=NOW)
    judge = adjudicator()
    leased = claim(judge)
    assert (leased.is_blind, leased.suggestion) == (True, None)
    submit(lease_token=leased.lease_token, label="spam", actor=judge.as_actor(), now=NOW)
    assert case.labels.get(superseded_at=None).purpose == "audit"


def test_a_long_word_of_why_is_refused() -> None:
    waiting(review_workflow())
    reviewer = person()
    token = claim(reviewer).lease_token
    with pytest.raises(Invalid):
        escalate(lease_token=token, reason="x" * 501, actor=reviewer.as_actor(), now=NOW)


def test_skip_rules_say_who_is_offered_the_case_then() -> None:
    case = waiting(review_workflow(skip_rules={"unsure": "others"}))[0]
    reviewer = person()
    skip(lease_token=claim(reviewer).lease_token, reason="unsure", actor=reviewer.as_actor(), now=NOW)
    assert end_skips(actor=reviewer.as_actor(), now=NOW) == 0
    year = NOW + timedelta(days=365)
    assert claim_next(actor=reviewer.as_actor(), workflow_ids=None, now=year) is None
    assert why_quiet(reviewer.as_actor(), workflow_ids=None, now=NOW).skipped == 0
    assert claim(person()).case_id == case.pk


def test_a_dropped_case_is_withdrawn_but_never_an_audit() -> None:
    flow = review_workflow(skip_rules={"display": "drop"})
    case = waiting(flow)[0]
    reviewer = person()
    skip(lease_token=claim(reviewer).lease_token, reason="display", actor=reviewer.as_actor(), now=NOW)
    assert case.tasks.get().status == "dropped"
    assert [withdraw_skipped(now=NOW), withdraw_skipped(now=NOW)] == [1, 0]
    case.refresh_from_db()
    assert case.status == "withdrawn"
    audit = audited(skip_rules={"display": "drop"})
    skip(lease_token=claim(reviewer).lease_token, reason="display", actor=reviewer.as_actor(), now=NOW)
    assert audit.tasks.get().status == "waiting"
    assert withdraw_skipped(now=NOW) == 0
    assert claim(person()).case_id == audit.pk


def test_an_empty_desk_says_where_the_cases_are() -> None:
    flow = review_workflow()
    waiting(flow, 5)
    me, other = person(), person()
    hold(lease_token=claim(me).lease_token, actor=me.as_actor(), now=NOW, until=TOMORROW)
    hold(lease_token=claim(other).lease_token, actor=other.as_actor(), now=NOW, until=TOMORROW)
    skip(lease_token=claim(me).lease_token, reason="later", actor=me.as_actor(), now=NOW)
    skipped_by_me = claim(other)
    escalate(lease_token=claim(me).lease_token, reason="", actor=me.as_actor(), now=NOW)
    say(me, "spam")
    quiet = why_quiet(me.as_actor(), workflow_ids=None, now=NOW)
    assert (quiet.leased, quiet.leased_until) == (1, skipped_by_me.lease_until)
    assert (quiet.on_hold, quiet.mine_on_hold, quiet.mine_until) == (1, 1, TOMORROW)
    assert (quiet.for_adjudicators, quiet.for_skilled) == (1, 0)
    assert quiet.next_due == NOW + timedelta(hours=24)


def test_a_skip_is_remembered_for_an_hour() -> None:
    waiting(review_workflow())
    reviewer = person()
    skip(lease_token=claim(reviewer).lease_token, reason="later", actor=reviewer.as_actor(), now=NOW)
    assert Skip.objects.get().until == NOW + SKIP_LASTS


@pytest.mark.django_db(transaction=True)
def test_pages_of_one_person_that_hold_at_once_never_exceed_the_cap() -> None:
    waiting(review_workflow(hold_cap=1), 3)
    reviewer = person()
    actor = reviewer.as_actor()
    tokens = [claim(reviewer).lease_token for _ in range(3)]
    with at_the_same_time(
        *[lambda t=t: hold(lease_token=t, actor=actor, now=NOW, until=TOMORROW) for t in tokens]
    ) as outcomes:
        assert [type(outcome) for outcome in outcomes if outcome] == [HoldsFull, HoldsFull]
    assert Task.objects.filter(status="held").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_an_answer_a_hold_an_escalation_and_a_reaper_at_once_one_wins() -> None:
    waiting(review_workflow(), 1)
    reviewer = person()
    actor = reviewer.as_actor()
    token = claim(reviewer).lease_token
    with at_the_same_time(
        lambda: submit(lease_token=token, label="spam", actor=actor, now=NOW),
        lambda: hold(lease_token=token, actor=actor, now=NOW, until=TOMORROW),
        lambda: escalate(lease_token=token, reason="", actor=actor, now=NOW),
        lambda: skip(lease_token=token, reason="later", actor=actor, now=NOW),
    ) as outcomes:
        assert sum(isinstance(outcome, LeaseExpired) for outcome in outcomes) == 3
        assert not any(isinstance(o, Exception) and not isinstance(o, LeaseExpired) for o in outcomes)


@pytest.mark.django_db(transaction=True)
def test_cases_taken_ahead_by_many_at_once_are_never_the_same() -> None:
    waiting(review_workflow(), 20)
    people = [person() for _ in range(6)]
    with at_the_same_time(*[lambda p=p: ahead(p) for p in people]) as outcomes:
        taken = [leased.task_id for outcome in outcomes for leased in outcome]
    assert len(taken) == len(set(taken)) == 12


@pytest.mark.django_db(transaction=True)
def test_two_pages_that_take_a_case_up_at_once_get_it_once() -> None:
    waiting(review_workflow())
    reviewer = person()
    actor = reviewer.as_actor()
    hold(lease_token=claim(reviewer).lease_token, actor=actor, now=NOW, until=TOMORROW)
    task = on_hold(actor)[0]
    with at_the_same_time(
        *[lambda: unhold(task_id=task.pk, actor=actor, now=NOW) for _ in range(2)]
    ) as outcomes:
        assert sum(isinstance(outcome, LeaseExpired) for outcome in outcomes) == 1


def test_what_adjudicators_have_is_not_escalated_to_them_again() -> None:
    """Whoever escalates a case is not offered it again: with one adjudicator it would wait for nobody."""
    waiting(review_workflow())
    reviewer, judge = person(), adjudicator()
    escalate(lease_token=claim(reviewer).lease_token, reason="Which?", actor=reviewer.as_actor(), now=NOW)
    leased = claim(judge)
    assert leased.for_adjudicator
    with pytest.raises(Invalid) as refused:
        escalate(lease_token=leased.lease_token, reason="Hm.", actor=judge.as_actor(), now=NOW)
    assert refused.value.facts["errors"][0]["error"] == "is with the adjudicators already"
    assert Task.objects.get().status == "leased"
