"""Many answers at once come to the same as each of them alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Label, Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.settling.answer import answer_batch, offered
from hitl.flow.settling.undo import undo_review
from hitl.outbox.models import Endpoint, Event
from policy.models import Decision
from reviews.errors import UnknownLabel
from reviews.models import Review, Task
from reviews.services.answers import Answer
from reviews.services.queue import claim_next
from reviews.services.skip_hold_escalate import skip
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import audited, claim, review_workflow, submit, suggest, waiting

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=40)

Answering = Callable[[User, Workflow, Callable[[Task], str], datetime], int]


def one_by_one(user: User, workflow: Workflow, say: Callable[[Task], str], at: datetime) -> int:
    """Claim and answer until there is nothing more for this person."""
    count = 0
    while leased := claim_next(actor=user.as_actor(), workflow_ids=[workflow.id], now=at):
        label = say(Task.objects.get(pk=leased.task_id))
        submit(
            lease_token=leased.lease_token,
            label=label,
            seconds=7,
            actor=user.as_actor(),
            now=at + timedelta(seconds=20),
        )
        count += 1
    return count


def all_at_once(user: User, workflow: Workflow, say: Callable[[Task], str], at: datetime) -> int:
    tasks = offered(actor=user.as_actor(), workflow_ids=[workflow.id], now=at, most=1000)
    by_task = {task.pk: Answer(say(task), seconds=7) for task in tasks}
    done = answer_batch(by_task=by_task, actor=user.as_actor(), since=at, now=at + timedelta(seconds=20))
    assert not done.passed_by
    return len(done.labels)


def columns(model: type[Model], *besides: str) -> list[str]:
    return [f.attname for f in model._meta.concrete_fields if f.attname not in besides]


def rows_after(answer: Answering, workflow: Workflow, cases: list[Case], people: list[User]) -> Any:
    """Let everybody answer until the queue is empty; return what is in the tables, without ids of rows."""
    place = {case.pk: i for i, case in enumerate(cases)}
    user = {person.pk: i for i, person in enumerate(people)}

    def say(task: Task) -> str:
        n = place[task.case_id]
        return ["spam", "ham", "spam"][(n + task.slot * (n % 4 == 3)) % 3]

    at = NOW
    for _ in range(4):
        for each in people:
            answer(each, workflow, say, at)
            at += timedelta(minutes=1)

    def plain(rows: Any, *names: str) -> list[dict[str, Any]]:
        found = [dict(row) for row in rows.values("case_id", *names)]
        for row in found:
            row["case_id"] = place[row["case_id"]]
            for key in ("leased_to_id", "reviewer_id", "labelled_by_id", "actor_id"):
                if key in row and str(row[key]).isdigit():
                    row[key] = user[int(row[key])]
        return sorted(found, key=repr)

    of_us = {"case__workflow": workflow}
    decisions = Decision.objects.filter(**of_us)
    same_names = {person.get_username(): i for i, person in enumerate(people)}
    return {
        "cases": [
            tuple(Case.objects.values_list("status", "answer", "epoch", "changed_at").get(pk=case.pk))
            for case in cases
        ],
        "tasks": plain(
            Task.objects.filter(**of_us),
            *columns(Task, "id", "case_id", "workflow_id", "release_id"),
        ),
        "reviews": plain(
            Review.objects.filter(**of_us),
            *columns(Review, "id", "case_id", "task_id", "lease_token"),
        ),
        "labels": plain(
            Label.objects.filter(**of_us),
            *columns(Label, "id", "case_id", "workflow_id", "review_id", "superseded_by_review_id"),
        ),
        "decisions": [
            row | {"actor_name": same_names.get(row["actor_name"], "rule")}
            for row in plain(
                decisions.filter(sequence__gt=0),
                *columns(Decision, "case_id", "workflow_id", "review_id"),
            )
        ],
        "events": sorted(
            (event.kind, event.at, event.not_before, place[event.subject_id], event.payload["answer"])
            for event in Event.objects.filter(workflow_id=workflow.id)
        ),
    }


@pytest.mark.parametrize("required", [1, 2])
def test_a_batch_leaves_the_rows_that_single_answers_leave(required: int) -> None:
    Endpoint.objects.create(name="all", url="https://example.org", kinds=[], secrets=["s"], created_at=NOW)
    outcomes = []
    for answer in (one_by_one, all_at_once):
        people = [person(Role.REVIEWER, Role.ADJUDICATOR) for _ in range(3)]
        workflow = automating_workflow()
        cases = [audited(workflow, reviews_required=required) for _ in range(8)]
        cases += waiting(workflow, 8)
        shown = suggest(cases[-1], workflow.releases.get(), label="spam", confidence=0.7, runner_up="ham")
        shown.inclusion_probability = 0.25
        shown.save()
        outcomes.append(rows_after(answer, workflow, cases, people))
    alone, together = outcomes
    assert {len(alone[name]) for name in alone} != {0}
    assert any(task["purpose"] == "adjudication" for task in alone["tasks"])
    for name in alone:
        assert together[name] == alone[name], name


def test_the_number_of_statements_does_not_grow_with_the_answers() -> None:
    counts = []
    for slug, n in (("few", 3), ("many", 30)):
        workflow = review_workflow(slug)
        waiting(workflow, n)
        user = person()
        with CaptureQueriesContext(connection) as queries:
            assert all_at_once(user, workflow, lambda task: "spam", NOW) == n
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


def test_what_is_not_to_be_had_is_passed_by() -> None:
    workflow = review_workflow()
    ada, bob = person(), person()
    _held, _skipped, done, free = waiting(workflow, 4)
    in_hands = claim(bob)
    skipped = claim(ada)
    skip(lease_token=skipped.lease_token, reason="unsure", actor=ada.as_actor(), now=NOW)
    all_tasks = [task.pk for task in Task.objects.order_by("due_at")]
    assert in_hands.task_id == all_tasks[0]
    first = answer_batch(by_task={all_tasks[2]: Answer("spam")}, actor=ada.as_actor(), since=NOW, now=LATER)
    assert first.labels == {all_tasks[2]: "spam"}
    second = answer_batch(
        by_task=dict.fromkeys(all_tasks, Answer("ham")), actor=ada.as_actor(), since=NOW, now=LATER
    )
    assert second.labels == {all_tasks[3]: "ham"}
    assert second.passed_by == all_tasks[:3]
    assert {done.pk, free.pk} == set(Review.objects.values_list("case_id", flat=True))


def test_nothing_of_a_batch_is_written_when_one_label_is_unknown() -> None:
    workflow = review_workflow()
    waiting(workflow, 2)
    user = person()
    tasks = offered(actor=user.as_actor(), workflow_ids=[workflow.id], now=NOW, most=9)
    with pytest.raises(UnknownLabel):
        answer_batch(
            by_task={tasks[0].pk: Answer("spam"), tasks[1].pk: Answer("eggs")},
            actor=user.as_actor(),
            since=NOW,
            now=LATER,
        )
    assert not Review.objects.exists()
    assert Task.objects.filter(status="waiting").count() == 2


def test_an_answer_of_a_batch_can_be_taken_back_by_itself() -> None:
    workflow = review_workflow()
    cases = waiting(workflow, 3)
    user = person()
    all_at_once(user, workflow, lambda task: "spam", NOW)
    review = Review.objects.get(case=cases[1])
    undo_review(
        lease_token=review.lease_token, actor=user.as_actor(), now=review.submitted_at + timedelta(seconds=2)
    )
    assert [Case.objects.get(pk=case.pk).status for case in cases] == ["decided", "waiting", "decided"]
