"""An answer, and what follows from it: label, decision, status, news, or another person who is asked."""

from datetime import timedelta

import pytest
from django.conf import settings

from cases.models import Case, Label
from hitl.flow.settling.withdraw import withdraw_case
from hitl.outbox.models import Delivery, Endpoint, Event
from hitl.shared.errors import Invalid
from policy.models import Decision
from reviews.errors import AlreadyAnswered, LeaseExpired, UnknownLabel
from reviews.models import Review, Task
from reviews.services.leases import reap
from tests.support.factories import NOW, TESTER, person
from tests.support.policy_rows import automating_workflow, operator
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
SOON = NOW + timedelta(seconds=40)


def test_one_answer_decides_the_case_and_is_told_after_the_undo_window() -> None:
    Endpoint.objects.create(name="all", url="https://example.org", kinds=[], secrets=["s"], created_at=NOW)
    case = waiting(review_workflow())[0]
    task = case.tasks.get()
    task.inclusion_probability = 0.1
    task.save()
    reviewer = person()
    leased = claim(reviewer)
    submit(
        lease_token=leased.lease_token,
        label="spam",
        comment="A lottery",
        seconds=12.5,
        actor=reviewer.as_actor(),
        now=SOON,
    )
    case.refresh_from_db()
    assert (case.status, case.answer, case.changed_at) == ("decided", "spam", SOON)
    label = case.labels.get()
    assert (label.label, label.purpose, label.is_blind, label.inclusion_probability, label.seconds) == (
        "spam",
        "review",
        True,
        0.1,
        12.5,
    )
    decision = case.decisions.get(sequence=1)
    assert (decision.route, decision.reason, decision.label) == ("person", "reviewed", "spam")
    assert decision.actor_name == reviewer.username
    review = case.reviews.get()
    assert (review.comment, review.shown, review.started_at) == ("A lottery", {}, NOW)
    assert case.tasks.get().status == "done"
    event = Event.objects.get()
    assert (event.kind, event.payload["answer"]) == ("case.decided", "spam")
    assert Delivery.objects.get().due_at == SOON + timedelta(seconds=settings.UNDO_SECONDS)


def test_the_same_answer_sent_twice_is_recorded_once() -> None:
    waiting(review_workflow())
    reviewer = person()
    leased = claim(reviewer)
    sent = {"lease_token": leased.lease_token, "label": "spam", "actor": reviewer.as_actor(), "now": SOON}
    first = submit(**sent)
    again = submit(**sent)
    assert again.is_replay
    assert again.review == first.review
    assert (Review.objects.count(), Decision.objects.filter(sequence=1).count()) == (1, 1)


def test_another_answer_under_a_used_lease_is_refused() -> None:
    waiting(review_workflow())
    reviewer = person()
    leased = claim(reviewer)
    submit(lease_token=leased.lease_token, label="spam", actor=reviewer.as_actor(), now=SOON)
    with pytest.raises(AlreadyAnswered):
        submit(lease_token=leased.lease_token, label="ham", actor=reviewer.as_actor(), now=SOON)
    assert Case.objects.get().answer == "spam"


def test_a_stale_lease_is_refused_and_nothing_is_written() -> None:
    waiting(review_workflow())
    reviewer = person()
    leased = claim(reviewer)
    late = leased.lease_until
    with pytest.raises(LeaseExpired):
        submit(lease_token=leased.lease_token, label="spam", actor=reviewer.as_actor(), now=late)
    reap(now=late + timedelta(seconds=1))
    claim(person(), at=late)
    with pytest.raises(LeaseExpired):
        submit(lease_token=leased.lease_token, label="spam", actor=reviewer.as_actor(), now=late)
    assert not Review.objects.exists()
    assert Case.objects.get().status == "waiting"


def test_nobody_answers_under_the_lease_of_another() -> None:
    waiting(review_workflow())
    token = claim(person()).lease_token
    with pytest.raises(LeaseExpired):
        submit(lease_token=token, label="spam", actor=person().as_actor(), now=SOON)


def test_a_label_the_case_does_not_have_is_refused_with_those_it_has() -> None:
    waiting(review_workflow())
    reviewer = person()
    with pytest.raises(UnknownLabel) as refused:
        say(reviewer, "eggs")
    assert refused.value.facts["errors"][0]["fix"] == "Use one of: ham, spam, unsure."


def test_a_comment_longer_than_allowed_is_refused() -> None:
    waiting(review_workflow())
    with pytest.raises(Invalid) as refused:
        say(person(), "spam", comment="x" * 2001)
    assert refused.value.facts["errors"][0]["field"] == "comment"


@pytest.mark.parametrize(("claimed", "kept"), [(-3.0, 0.0), (20.0, 20.0), (9000.0, 40.0)])
def test_active_seconds_stay_within_the_time_the_case_was_held(claimed: float, kept: float) -> None:
    waiting(review_workflow())
    reviewer = person()
    leased = claim(reviewer)
    submit(lease_token=leased.lease_token, label="spam", seconds=claimed, actor=reviewer.as_actor(), now=SOON)
    assert Review.objects.get().seconds == kept


def test_an_assisted_answer_makes_a_label_that_is_not_blind() -> None:
    workflow = automating_workflow()
    case = waiting(workflow)[0]
    release = workflow.releases.get()
    suggest(case, release, label="spam", confidence=0.71, runner_up="ham")
    say(person(), "spam", shown={"evidence": "shown"})
    assert Review.objects.get().shown == {"evidence": "shown"}
    assert not Label.objects.get().is_blind
    assert not case.decisions.get(sequence=1).is_blind


def test_two_people_must_agree_where_two_are_required() -> None:
    case = waiting(review_workflow(reviews_required=2))[0]
    say(person(), "spam", at=NOW)
    case.refresh_from_db()
    assert (case.status, case.tasks.get(slot=2).purpose) == ("waiting", "second")
    assert not Label.objects.exists()
    say(person(), "spam", at=SOON)
    case.refresh_from_db()
    assert (case.status, case.answer, case.labels.get().purpose) == ("decided", "spam", "review")


def test_a_disagreement_goes_to_an_adjudicator_who_settles_it() -> None:
    case = waiting(review_workflow(reviews_required=2))[0]
    say(person(), "spam")
    say(person(), "ham")
    case.refresh_from_db()
    third = case.tasks.get(slot=3)
    assert (case.status, third.purpose, third.mode, third.reasons) == (
        "waiting",
        "adjudication",
        "blind",
        ["disagreement"],
    )
    say(adjudicator(), "ham")
    case.refresh_from_db()
    assert (case.status, case.answer) == ("decided", "ham")


def test_an_audit_that_agrees_records_its_label_and_changes_nothing_else() -> None:
    case = audited()
    before = case.changed_at
    say(person(), "spam")
    case.refresh_from_db()
    assert (case.status, case.answer, case.changed_at) == ("decided", "spam", before)
    assert case.decisions.count() == 1
    assert (case.labels.get().purpose, case.labels.get().is_blind) == ("audit", True)
    assert not Event.objects.exists()


def test_a_disagreeing_audit_amends_the_decision_only_once_it_is_upheld() -> None:
    case = audited()
    say(person(), "ham")
    case.refresh_from_db()
    assert (case.answer, case.decisions.count(), case.labels.count()) == ("spam", 1, 0)
    say(person(), "ham")
    case.refresh_from_db()
    assert (case.answer, case.status) == ("ham", "decided")
    assert case.decisions.get(sequence=1).reason == "amended"
    assert case.labels.get().purpose == "audit"


def test_an_audit_of_which_two_of_three_side_with_the_model_changes_no_decision() -> None:
    case = audited()
    say(person(), "ham")
    say(person(), "spam")
    say(adjudicator(), "spam")
    case.refresh_from_db()
    assert (case.answer, case.decisions.count(), case.labels.get().label) == ("spam", 1, "spam")


@pytest.mark.django_db(transaction=True)
def test_of_two_submits_at_once_one_counts() -> None:
    waiting(review_workflow())
    reviewer = person()
    leased = claim(reviewer)
    actor = reviewer.as_actor()

    def send(label: str):
        return lambda: submit(lease_token=leased.lease_token, label=label, actor=actor, now=SOON)

    with at_the_same_time(send("spam"), send("ham"), send("spam"), send("ham")) as outcomes:
        refused = [o for o in outcomes if isinstance(o, AlreadyAnswered)]
        recorded = [o for o in outcomes if not isinstance(o, Exception)]
    assert len(refused) == 2
    assert len({o.review.pk for o in recorded}) == 1
    assert (Review.objects.count(), Decision.objects.filter(sequence=1).count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_submit_against_withdraw_leaves_one_of_both_whole(attempt: int) -> None:
    case = waiting(review_workflow())[0]
    reviewer = person()
    leased = claim(reviewer)
    with at_the_same_time(
        lambda: submit(lease_token=leased.lease_token, label="spam", actor=reviewer.as_actor(), now=SOON),
        lambda: withdraw_case(case_id=case.pk, actor=TESTER, now=SOON),
    ) as outcomes:
        failed = [o for o in outcomes if isinstance(o, Exception)]
    assert len(failed) == 1
    case.refresh_from_db()
    reasons = list(case.decisions.filter(sequence__gt=0).values_list("reason", flat=True))
    whole = {"decided": (["reviewed"], "done", 1), "withdrawn": (["withdrawn"], "dropped", 0)}
    assert (reasons, case.tasks.get().status, case.reviews.count()) == whole[case.status]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_submit_against_reap_loses_neither_the_task_nor_the_answer(attempt: int) -> None:
    waiting(review_workflow())
    reviewer = person()
    leased = claim(reviewer)
    just_in_time = leased.lease_until - timedelta(seconds=1)
    with at_the_same_time(
        lambda: submit(
            lease_token=leased.lease_token, label="spam", actor=reviewer.as_actor(), now=just_in_time
        ),
        lambda: reap(now=leased.lease_until + timedelta(seconds=1)),
    ) as (submitted, reaped):
        task = Task.objects.get()
    if isinstance(submitted, LeaseExpired):
        assert (task.status, reaped, Review.objects.count()) == ("waiting", 1, 0)
    else:
        assert (task.status, reaped, Review.objects.count()) == ("done", 0, 1)


def test_an_operator_withdraws_a_waiting_case_and_whoever_held_it_loses_it() -> None:
    case = waiting(review_workflow())[0]
    reviewer = person()
    leased = claim(reviewer)
    withdraw_case(case_id=case.pk, actor=operator(), now=SOON)
    with pytest.raises(LeaseExpired):
        submit(lease_token=leased.lease_token, label="spam", actor=reviewer.as_actor(), now=SOON)
    case.refresh_from_db()
    assert (case.status, case.tasks.get().status) == ("withdrawn", "dropped")
    assert withdraw_case(case_id=case.pk, actor=operator(), now=SOON).status == "withdrawn"
    assert case.decisions.count() == 2
