"""Recall: asked again blind, the most harmful first, within a day's budget; told once; delivered for ever."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from cases.models import Case, Label
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.flow.settling import recall as recalling
from hitl.flow.settling.recall import end_recall, go_on
from hitl.outbox.models import Endpoint, Event
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, Invalid, NotAllowed
from models_store.models import Release
from monitoring.watch.budget.view import BudgetView
from monitoring.watch.recalled import report_of
from policy.models import Decision, Policy, Recall, RecalledCase
from policy.services.recalls import Taken, begin_recall, list_cases, preview
from reviews.models import Task
from tests.integration.monitoring.test_budget import automating, look, period
from tests.integration.policy.test_policy_races import at_once
from tests.support.factories import NOW, person
from tests.support.live_cases import HARDLY, say_of, take_in
from tests.support.policy_rows import lead, operator
from tests.support.review_rows import claim

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = NOW + DAY


def decided(release: Release, n: int, *, label: str = "ham", score: float = 0.96) -> list[UUID]:
    """Let the model decide n cases, none of them audited."""
    return take_in(release, n, at=NOW + HOUR, label=label, score=score, uniform=HARDLY)


def recalled(
    release: Release, *, per_day: int = 50, at: Any = AT, actor: Actor | None = None, **taken: Any
) -> Recall:
    made = begin_recall(
        workflow_id=release.workflow_id,
        taken=Taken(**(taken or {"release_id": release.pk})),
        per_day=per_day,
        reason="Odd answers.",
        actor=actor or lead(),
        now=at,
    )
    return go_on(recall_id=made.pk, now=at)


def reviewers() -> list[User]:
    return list(User.objects.filter(roles=["reviewer"]).order_by("pk")[:2])


def subscribe() -> None:
    Endpoint.objects.create(name="shop", url="https://shop.example/", secrets=["x"], created_at=NOW)


def test_the_most_harmful_are_asked_first_and_no_more_a_day_than_the_budget():
    release = automating(traffic=0)
    sure, unsure = decided(release, 3, score=0.99), decided(release, 3, score=0.95)
    made = recalled(release, per_day=4)
    assert made.total == 6
    asked = set(Task.objects.filter(reasons=["recalled"]).values_list("case_id", flat=True))
    assert len(asked) == 4
    assert set(unsure) < asked
    go_on(recall_id=made.pk, now=AT + HOUR)
    assert Task.objects.filter(reasons=["recalled"]).count() == 4
    go_on(recall_id=made.pk, now=AT + DAY + HOUR)
    assert set(Task.objects.filter(reasons=["recalled"]).values_list("case_id", flat=True)) == {
        *sure,
        *unsure,
    }


def test_a_label_that_costs_more_goes_before_one_that_is_less_sure():
    release = automating(traffic=0)
    schema = release.workflow.schemas.get(number=1)
    schema.labels = [{**label, "cost": 10.0 if label["name"] == "spam" else 1.0} for label in schema.labels]
    schema.save()
    cheap, dear = decided(release, 2, score=0.95), decided(release, 2, label="spam", score=0.98)
    made = recalled(release, per_day=2)
    order = list(RecalledCase.objects.filter(recall=made).order_by("place").values_list("case_id", flat=True))
    assert (set(order[:2]), set(order[2:])) == (set(dear), set(cheap))


def test_a_case_keeps_its_answer_until_people_settled_on_another_and_everybody_is_told_once():
    release = automating(traffic=0)
    subscribe()
    right, wrong = decided(release, 2)
    made = recalled(release)
    assert set(Case.objects.filter(pk__in=[right, wrong]).values_list("status", "answer")) == {
        ("decided", "ham")
    }
    first, second = reviewers()
    say_of([right], "ham", first, at=AT + HOUR)
    say_of([wrong], "spam", first, at=AT + HOUR)
    assert Case.objects.get(pk=wrong).answer == "ham"
    say_of([wrong], "spam", second, at=AT + 2 * HOUR)
    for _ in range(2):
        made = go_on(recall_id=made.pk, now=AT + 3 * HOUR)
    assert Case.objects.get(pk=wrong).answer == "spam"
    assert made.finished_at == AT + 3 * HOUR
    assert (made.report["answered"], made.report["wrong"]) == (2, 1)
    kinds = Event.objects.filter(kind__in=["decision.recalled", "decision.amended", "recall.closed"])
    assert sorted(kinds.values_list("kind", flat=True)) == [
        "decision.amended",
        "decision.recalled",
        "decision.recalled",
        "recall.closed",
    ]
    assert Entry.objects.filter(action="recall.closed").count() == 1
    labels = Label.objects.filter(case_id__in=[right, wrong], superseded_at=None)
    assert set(labels.values_list("is_blind", "inclusion_probability")) == {(True, None)}


def test_what_was_delivered_stays_and_what_is_still_wrong_falls():
    release = automating()
    cases = decided(release, 5)
    look(release, AT)
    policy = Policy.objects.get(workflow_id=release.workflow_id)
    (before,) = BudgetView(period(release), policy, AT).units
    made = recalled(release, release_id=release.pk, since=NOW)
    first, second = reviewers()
    for who in (first, second):
        say_of(cases[:3], "spam", who, at=AT + HOUR)
    say_of(cases[3:], "ham", first, at=AT + HOUR)
    made = go_on(recall_id=made.pk, now=AT + 2 * HOUR)
    look(release, AT + 2 * HOUR)
    (after,) = BudgetView(period(release), policy, AT + 2 * HOUR).units
    assert after.spent == before.spent
    assert after.budget.decisions == before.budget.decisions
    assert after.still.high == after.spent.high - 3
    report = report_of(made, now=AT + 2 * HOUR)
    (rest,) = report.rest
    assert (rest.at_most, rest.still_at_most) == (after.spent.high, after.spent.high - 3)


def test_nothing_tells_a_reviewer_a_recalled_case_from_an_audit():
    release = automating(traffic=0)
    decided(release, 1)
    recalled(release)
    (audited,) = take_in(release, 1, at=AT)
    clock.use(lambda: AT)
    shown = {}
    for user in reviewers():
        task = claim(user, at=AT)
        shown[task.case_id] = asdict(task)
        Task.objects.filter(pk=task.task_id).update(
            status="done", lease_token=None, lease_until=None, place=None
        )
    assert len(shown) == 2
    assert audited in shown
    differing = {"task_id", "lease_token", "case_id", "content"}
    first, second = ({k: v for k, v in one.items() if k not in differing} for one in shown.values())
    assert first == second


def test_what_people_have_answered_or_are_asked_about_is_left_out():
    release = automating(traffic=0)
    answered, pending = take_in(release, 2, at=NOW + HOUR)
    say_of([answered], "ham", reviewers()[0], at=NOW + 2 * HOUR)
    alone = decided(release, 1)
    seen = preview(workflow=release.workflow, taken=Taken(release_id=release.pk), now=AT)
    assert (seen.decided, seen.answered, seen.takes) == (3, 2, 1)
    made = recalled(release)
    assert list(RecalledCase.objects.filter(recall=made).values_list("case_id", flat=True)) == alone
    assert Task.objects.filter(case_id=pending).count() == 1
    assert preview(workflow=release.workflow, taken=Taken(release_id=release.pk), now=AT).takes == 0


def test_a_case_amended_before_its_turn_is_passed_by():
    release = automating(traffic=0)
    one, other = decided(release, 2)
    made = recalled(release, per_day=1)
    waiting = RecalledCase.objects.get(recall=made, asked_at=None)
    from hitl.flow.settling.amend import amend_answer

    amend_answer(case_id=waiting.case_id, label="spam", reason="Seen.", actor=operator(), now=AT)
    go_on(recall_id=made.pk, now=AT + DAY + HOUR)
    waiting.refresh_from_db()
    assert (waiting.passed_by, waiting.asked_at) == (True, None)
    assert {one, other} == set(RecalledCase.objects.values_list("case_id", flat=True))


@pytest.mark.parametrize(
    ("taken", "n"),
    [
        ({"label": "spam"}, 2),
        ({"label": "ham"}, 3),
        ({"since": NOW + 2 * HOUR}, 0),
        ({"until": NOW + 2 * HOUR}, 5),
        ({"field": "body", "value": "the one"}, 1),
        ({"entity": "customer 7"}, 1),
        ({"entity": "customer 7", "label": "spam"}, 0),
    ],
)
def test_an_auditor_names_what_is_recalled(taken, n):
    release = automating(traffic=0)
    hams = decided(release, 3)
    decided(release, 2, label="spam")
    Case.objects.filter(pk=hams[0]).update(content={"body": "the one"})
    Case.objects.filter(pk=hams[1]).update(entity="customer 7")
    assert preview(workflow=release.workflow, taken=Taken(**taken), now=AT).takes == n
    assert recalled(release, **taken).total == n


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"taken": Taken()}, "release"),
        ({"taken": Taken(field="nothing", value="x")}, "field"),
        ({"taken": Taken(release_id=UUID(int=1))}, "release"),
        ({"taken": Taken(since=AT, until=NOW)}, "until"),
        ({"per_day": 0}, "per_day"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(given, field):
    release = automating(traffic=0)
    words = {"taken": Taken(release_id=release.pk), "per_day": 5, "reason": "Odd."} | given
    with pytest.raises(Invalid) as refused:
        begin_recall(workflow_id=release.workflow_id, actor=lead(), now=AT, **words)
    assert field in {error["field"] for error in refused.value.facts["errors"]}
    assert not Recall.objects.exists()


@pytest.mark.parametrize("role", list(Role))
def test_who_is_on_duty_may_recall(role):
    release = automating(traffic=0)
    decided(release, 1)
    actor = person(role).as_actor()
    if role in (Role.LEAD, Role.OPERATOR):
        assert recalled(release, actor=actor).total == 1
        return
    with pytest.raises(NotAllowed):
        recalled(release, actor=actor)
    made = recalled(release)
    with pytest.raises(NotAllowed):
        end_recall(recall_id=made.pk, actor=actor, now=AT)


def test_killed_in_the_middle_it_goes_on_and_tells_nothing_twice(monkeypatch):
    release = automating(traffic=0)
    subscribe()
    decided(release, 5)
    monkeypatch.setattr(recalling, "CHUNK", 2)
    usual, calls = recalling.emit, []

    def killed(news: Any) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise SystemExit("killed")
        return usual(news)

    monkeypatch.setattr(recalling, "emit", killed)
    with pytest.raises(SystemExit), transaction.atomic():
        raise_from(release)
    made = begin_recall(
        workflow_id=release.workflow_id,
        taken=Taken(release_id=release.pk),
        per_day=50,
        reason="Odd.",
        actor=lead(),
        now=AT,
    )
    calls[:] = []
    with pytest.raises(SystemExit):
        go_on(recall_id=made.pk, now=AT)
    assert RecalledCase.objects.filter(asked_at__isnull=False).count() == 2
    go_on(recall_id=made.pk, now=AT)
    assert Task.objects.filter(reasons=["recalled"]).count() == 5
    assert Event.objects.filter(kind="decision.recalled").count() == 5


def raise_from(release: Release) -> None:
    """A recall whose whole transaction is lost with its worker leaves nothing."""
    made = begin_recall(
        workflow_id=release.workflow_id,
        taken=Taken(release_id=release.pk),
        per_day=50,
        reason="Odd.",
        actor=lead(),
        now=AT,
    )
    go_on(recall_id=made.pk, now=AT)


@pytest.mark.django_db(transaction=True)
def test_two_workers_ask_about_each_case_once_and_within_the_budget():
    release = automating(traffic=0)
    decided(release, 6)
    made = begin_recall(
        workflow_id=release.workflow_id,
        taken=Taken(release_id=release.pk),
        per_day=4,
        reason="Odd.",
        actor=lead(),
        now=AT,
    )
    at_once(*[lambda: go_on(recall_id=made.pk, now=AT) for _ in range(2)])
    go_on(recall_id=made.pk, now=AT)
    assert Task.objects.filter(reasons=["recalled"]).count() == 4
    assert RecalledCase.objects.count() == 6


def test_a_recall_that_is_ended_asks_about_no_more_and_leaves_the_rest_to_another():
    release = automating(traffic=0)
    decided(release, 3)
    made = recalled(release, per_day=1)
    end_recall(recall_id=made.pk, actor=lead(), now=AT)
    (asked,) = RecalledCase.objects.values_list("case_id", flat=True)
    say_of([asked], "ham", reviewers()[0], at=AT + HOUR)
    made = go_on(recall_id=made.pk, now=AT + 2 * HOUR)
    assert made.finished_at is not None
    assert recalled(release, at=AT + 3 * HOUR).total == 2
    with pytest.raises(Conflict):
        end_recall(recall_id=made.pk, actor=lead(), now=AT)


def test_an_answer_that_may_be_taken_back_is_not_counted_yet():
    release = automating(traffic=0)
    (case,) = decided(release, 1)
    made = recalled(release)
    say_of([case], "ham", reviewers()[0], at=AT + HOUR)
    assert go_on(recall_id=made.pk, now=AT + HOUR).finished_at is None
    assert go_on(recall_id=made.pk, now=AT + 2 * HOUR).finished_at is not None


def test_from_the_pages_alone():
    release = automating(traffic=0)
    decided(release, 2)
    client = Client()
    client.force_login(person(Role.LEAD))
    base = f"/workflows/{release.workflow.slug}/recalls/"
    assert "Nothing has been recalled" in client.get(base).content.decode()
    form = {"release": str(release.pk), "per_day": "1", "reason": "Odd answers."}
    looked = client.post(base + "new/", {**form, "do": "look"})
    assert "It would take" in looked.content.decode()
    begun = client.post(base + "new/", {**form, "do": "recall"})
    page = begun.headers["Location"]
    go_on(recall_id=Recall.objects.get().pk, now=clock.now())
    assert "Still to ask" in client.get(page).content.decode()
    client.post(page + "change/", {"do": "budget", "per_day": "9"})
    assert Recall.objects.get().per_day == 9
    client.post(page + "change/", {"do": "end"})
    assert Recall.objects.get().ended_by != ""
    assert client.get(base).status_code == 200


def test_the_command_looks_before_it_recalls(capsys):
    release = automating(traffic=0)
    decided(release, 2)
    lead("lea")
    slug = release.workflow.slug

    def recall(*words: str) -> None:
        call_command("release", "recall", slug, *words, "--as", "lea")

    recall("--label", "ham", "--look")
    assert "It takes 2 of 2 decisions" in capsys.readouterr().out
    assert not Recall.objects.exists()
    with pytest.raises(CommandError, match="Name a model, a label, a time"):
        recall("--reason", "Odd.")
    for where in ("ham", "=ham", ""):
        with pytest.raises(CommandError, match="FIELD=VALUE"):
            recall("--label", "ham", "--where", where, "--look")
    recall(release.name, "--label", "ham", "--reason", "Odd.")
    assert list_cases(recall_id=Recall.objects.get().pk, now=clock.now()).total == 2
    assert Decision.objects.filter(route="auto").count() == 2
