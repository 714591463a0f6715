"""What waits is looked at again when a model takes over, and after a stop; nobody's work is touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import numpy as np
import pytest
from django.db import connection
from django.db.models import Sum

from cases.models import Case, Rescoring, Workflow
from hitl.flow.intake import again, backlog, in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.outbox.models import Endpoint, Event
from hitl.shared.ids import new_id
from hitl.stop.services import start_everything, stop_everything
from models_store.models import Release
from monitoring.models import HourTally
from monitoring.tallies.fold import LAG, fold_decisions
from monitoring.tallies.traffic import traffic
from policy.models import Decision, DisagreementDraw, Policy
from policy.services.degrees import set_degree
from reviews.models import ReviewRules, Skip, Task
from science.draws import Draws
from tests.integration.policy.test_policy_races import at_once
from tests.support.factories import NOW, person
from tests.support.live_cases import HARDLY, SURELY, Says
from tests.support.policy_rows import (
    certificate_of,
    champion_of,
    cutoffs_of,
    lead,
    operator,
    workflow_with_policy,
)
from tests.support.review_rows import claim, say

LATER = NOW + timedelta(minutes=5)


def waiting_workflow(n: int = 4, **policy: Any) -> Workflow:
    """Return a workflow without a model in which so many cases wait."""
    workflow = workflow_with_policy(**({"degree": "partial"} | policy))
    ReviewRules.objects.create(workflow=workflow)
    come_in(workflow, n)
    return workflow


def come_in(workflow: Workflow, n: int, *, at: Any = NOW) -> None:
    in_force.forget()
    items = [Submission({"body": f"{new_id()}"}) for _ in range(n)]
    submit_cases(Intake(workflow.slug, items, None, at, is_batch=True))


def promoted(workflow: Workflow) -> Release:
    """Let the first model be the champion, with a certificate and cutoffs, as promotion does."""
    release = champion_of(workflow)
    cutoffs_of(release, certificate_of(release, status="certified"))
    Workflow.objects.filter(pk=workflow.pk).update(policy_version=workflow.policy_version + 1)
    return release


@contextmanager
def model(*, label: str = "ham", score: float = 0.96, uniform: float = HARDLY) -> Iterator[None]:
    """Let every model say the same, and the dice too."""

    def draw(_: bytes, cases: list[UUID], __: int) -> Draws:
        return Draws(*(np.full(len(cases), uniform) for _ in range(3)))

    def served(release_id: UUID) -> Says:
        return Says(Release.objects.get(pk=release_id).labels, label, score)

    with patch.object(in_force, "served_model", served), patch.object(again, "draw", draw):
        in_force.forget()
        yield
        in_force.forget()


def look_again(workflow: Workflow, *, at: Any = LATER) -> Rescoring:
    backlog.sweep_backlogs(now=at)
    return backlog.rescore(workflow_id=workflow.pk, now=at)


def subscribe() -> None:
    Endpoint.objects.create(
        name="tests", url="https://example.org/", kinds=["case.decided"], secrets=["whsec_x"], created_at=NOW
    )


@pytest.mark.django_db
def test_the_first_model_decides_what_it_may_of_what_waits():
    workflow = waiting_workflow(4)
    subscribe()
    promoted(workflow)
    with model():
        done = look_again(workflow)
    assert (done.total, done.looked, done.decided, done.suggested) == (4, 4, 4, 0)
    assert done.finished_at == LATER
    assert set(Case.objects.values_list("status", "answer", "epoch")) == {("decided", "ham", 2)}
    routed = Decision.objects.filter(epoch=2, sequence=0)
    assert set(routed.values_list("route", "reason", "arrived_at", "decided_at")) == {
        ("auto", "above_cutoff", NOW, LATER)
    }
    assert set(Task.objects.values_list("status", flat=True)) == {"dropped"}
    assert Event.objects.filter(kind="case.decided").count() == 4


@pytest.mark.django_db
def test_the_overview_counts_a_case_once_as_it_was_routed_last():
    workflow = waiting_workflow(4)
    fold_decisions(workflow_id=workflow.pk, now=NOW + LAG)  # what came before is in the tallies already
    promoted(workflow)
    with model():
        look_again(workflow)
    seen = traffic(workflow_id=workflow.pk, now=LATER)
    assert (seen.automatic, seen.people) == (4, 0)
    fold_decisions(workflow_id=workflow.pk, now=LATER + LAG)
    assert traffic(workflow_id=workflow.pk, now=LATER + LAG) == seen
    assert HourTally.objects.aggregate(made=Sum("count"))["made"] == 8  # decisions, each of which was made


@pytest.mark.django_db
def test_the_rest_gets_its_suggestion_and_keeps_its_age_and_its_deadline():
    workflow = waiting_workflow(2)
    before = list(Task.objects.order_by("pk").values("pk", "created_at", "due_at", "status", "priority"))
    release = promoted(workflow)
    with model(score=0.6):
        done = look_again(workflow)
    assert (done.decided, done.suggested) == (0, 2)
    tasks = Task.objects.order_by("pk")
    assert list(tasks.values("pk", "created_at", "due_at", "status", "priority")) == before
    assert set(tasks.values_list("mode", "suggestion", "release_id", "epoch", "purpose")) == {
        ("assisted", "ham", release.pk, 2, "review")
    }
    assert set(Case.objects.values_list("status", "epoch")) == {("waiting", 2)}


@pytest.mark.django_db
def test_what_is_decided_is_audited_by_a_draw_of_its_own():
    workflow = waiting_workflow(1)
    promoted(workflow)
    with model(uniform=SURELY):
        look_again(workflow)
    routed = Decision.objects.get(epoch=2)
    assert (routed.route, routed.is_audited, routed.uniform) == ("auto", True, SURELY)
    task = Task.objects.get()
    assert (task.purpose, task.mode, task.suggestion, task.status) == ("audit", "blind", None, "waiting")
    assert (task.epoch, task.created_at) == (2, NOW)
    say(person("reviewer"), "spam", at=LATER)
    assert Case.objects.get().answer == "ham"  # judged: it takes two of three


@pytest.mark.django_db
def test_a_pass_is_made_once_for_each_policy():
    workflow = waiting_workflow(3)
    promoted(workflow)
    with model(score=0.6):
        look_again(workflow)
        again_later = look_again(workflow, at=LATER + timedelta(hours=1))
        assert again_later.begun_at == LATER
        Workflow.objects.filter(pk=workflow.pk).update(policy_version=99)
        third = look_again(workflow, at=LATER + timedelta(hours=2))
    assert (third.version, third.total) == (99, 0)
    assert Decision.objects.filter(epoch=3).count() == 0


def _leased(case: Case) -> None:
    claim(person("reviewer"))


def _answered(case: Case) -> None:
    ReviewRules.objects.update(reviews_required=2)
    say(person("reviewer"), "ham")


def _skipped(case: Case) -> None:
    task = Task.objects.get(case=case)
    Skip.objects.create(
        task=task, reviewer=person("reviewer"), reason="unsure", at=NOW, until=NOW + timedelta(minutes=1)
    )


def _escalated(case: Case) -> None:
    Task.objects.filter(case=case).update(
        escalated_by=person("reviewer"), for_adjudicator=True, escalated_at=NOW, reasons=["escalated"]
    )


def _drawn_to_differ(case: Case) -> None:
    DisagreementDraw.objects.create(
        case=case,
        workflow_id=case.workflow_id,
        labels=["ham"],
        inclusion_probability=1.0,
        uniform=0.5,
        routed_at=NOW,
        drawn_at=NOW,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("touch", [_leased, _answered, _skipped, _escalated, _drawn_to_differ])
def test_what_somebody_has_or_a_proof_waits_for_is_left_alone(touch):
    workflow = waiting_workflow(1)
    touch(Case.objects.get())
    promoted(workflow)
    with model():
        done = look_again(workflow)
    assert done.total == 0
    assert set(Decision.objects.values_list("epoch", flat=True)) == {1}
    assert Case.objects.get().status == "waiting"


@pytest.mark.django_db
@pytest.mark.parametrize(("uniform", "looked"), [(SURELY, 0), (HARDLY, 1)])
def test_a_case_drawn_to_be_answered_blind_under_a_score_stays_drawn(uniform, looked):
    """Not certified yet, so that people decide; one in ten blind. Then the certificate comes."""
    workflow = workflow_with_policy(degree="partial")
    release = champion_of(workflow)
    from tests.support.live_cases import take_in

    take_in(release, 1, at=NOW, uniform=uniform)
    assert Decision.objects.get().reason == "not_certified"
    cutoffs_of(release, certificate_of(release, status="certified"))
    Workflow.objects.filter(pk=workflow.pk).update(policy_version=2)
    with model():
        done = look_again(workflow)
    assert done.looked == looked
    assert Decision.objects.filter(route="auto").count() == looked


@pytest.mark.django_db
def test_what_came_in_during_a_stop_is_decided_after_it():
    workflow = workflow_with_policy(degree="partial")
    ReviewRules.objects.create(workflow=workflow)
    promoted(workflow)
    with model():
        look_again(workflow, at=NOW)
        stop_everything(reason="Odd.", actor=lead(), now=NOW)
        come_in(workflow, 3)
        assert backlog.sweep_backlogs(now=NOW) == 0
        assert set(Decision.objects.values_list("reason", flat=True)) == {"stopped"}
        start_everything(reason="Found.", actor=operator(), now=LATER)
        n_blind = Decision.objects.filter(is_blind=True).count()
        done = look_again(workflow, at=LATER + timedelta(seconds=1))
    assert done.decided == 3 - n_blind


@pytest.mark.django_db
def test_the_first_automation_looks_at_what_waits():
    workflow = waiting_workflow(2, degree="assist")
    promoted(workflow)
    with model():
        assert look_again(workflow).suggested == 2
        set_degree(workflow_id=workflow.pk, degree="partial", actor=operator(), now=LATER, reason="Proved.")
        assert look_again(workflow, at=LATER + timedelta(minutes=1)).decided == 2


@pytest.mark.django_db
def test_killed_in_the_middle_it_goes_on_and_tells_nothing_twice(monkeypatch):
    workflow = waiting_workflow(5)
    subscribe()
    promoted(workflow)
    monkeypatch.setattr(backlog, "CHUNK", 2)
    usual, calls = backlog.pass_stop, []

    def killed(**words: Any) -> None:
        usual(**words)
        calls.append(1)
        if len(calls) == 2:
            raise SystemExit("killed")

    monkeypatch.setattr(backlog, "pass_stop", killed)
    with model():
        backlog.sweep_backlogs(now=LATER)
        with pytest.raises(SystemExit):
            backlog.rescore(workflow_id=workflow.pk, now=LATER)
        assert Case.objects.filter(status="decided").count() == 2
        done = look_again(workflow)
    assert (done.looked, done.decided) == (5, 5)
    assert Event.objects.filter(kind="case.decided").count() == 5
    assert Decision.objects.filter(epoch=2).count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_it_once():
    workflow = waiting_workflow(6)
    promoted(workflow)
    with model():
        backlog.sweep_backlogs(now=LATER)
        results = at_once(*[lambda: backlog.rescore(workflow_id=workflow.pk, now=LATER) for _ in range(2)])
        look_again(workflow)
    assert "done" in results
    assert Decision.objects.filter(epoch=2).count() == 6
    assert set(Case.objects.values_list("epoch", flat=True)) == {2}


@pytest.mark.django_db
def test_a_case_that_somebody_takes_while_it_is_scored_stays_theirs(monkeypatch):
    workflow = waiting_workflow(2)
    promoted(workflow)
    reviewer = person("reviewer")
    usual = again.score

    def score(*given: Any) -> Any:
        claim(reviewer, at=LATER)
        return usual(*given)

    monkeypatch.setattr(again, "score", score)
    with model():
        done = look_again(workflow)
    assert (done.looked, done.decided) == (2, 1)
    leased = Task.objects.get(status="leased")
    assert (leased.epoch, leased.case.status, leased.case.epoch) == (1, "waiting", 1)


@pytest.mark.django_db
@pytest.mark.parametrize("degree", ["human_only", "shadow"])
def test_where_the_model_says_nothing_nothing_is_looked_at(degree):
    workflow = waiting_workflow(2, degree=degree)
    promoted(workflow)
    with model():
        assert look_again(workflow).total == 0
    assert Policy.objects.get(workflow=workflow).degree == degree
    assert not connection.in_atomic_block or Decision.objects.filter(epoch=2).count() == 0
