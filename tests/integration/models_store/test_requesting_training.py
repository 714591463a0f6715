"""A run is requested once, taken once, given up when its worker dies, and never loses its history."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from cases.models import Workflow
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.outbox.models import Endpoint, Event
from hitl.shared import jobs
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotAllowed, NotFound
from models_store.errors import RunActive, RunIsOver
from models_store.models import TrainingRun
from models_store.services import runs
from models_store.services.runs import begin, cancel_training, finish, request_training, sweep_runs
from models_store.services.steps import Steps
from models_store.types import RunStatus, RunStep
from tests.support.factories import NOW, TESTER, person
from tests.support.model_rows import requested
from tests.support.policy_rows import minutes_later, workflow_with_policy

LATER = NOW + runs.SILENCE + timedelta(seconds=1)


@pytest.fixture
def workflow(db: None) -> Workflow:
    return workflow_with_policy()


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was rung for, instead of a broker."""
    rung: list[tuple[object, ...]] = []
    monkeypatch.setattr(jobs, "_ring", lambda name, args: rung.append((name, *args)))
    return rung


def begun(workflow: Workflow) -> TrainingRun:
    run = begin(run_id=requested(workflow).id, now=NOW)
    assert run is not None
    return run


def test_a_request_is_queued_recorded_and_rung_for(
    workflow: Workflow, bells: list[object], django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        run = requested(workflow)
    assert (run.status, run.trigger, run.requested_at) == (RunStatus.QUEUED, "hand", NOW)
    entry = Entry.objects.get()
    assert (entry.action, entry.about_id) == ("training.requested", str(run.id))
    assert entry.detail == {"workflow": workflow.slug, "trigger": "hand", "reason": ""}
    assert bells == [("hitl.flow.train", str(run.id))]


def test_a_second_request_is_refused_while_the_first_is_under_way(workflow: Workflow) -> None:
    requested(workflow)
    with pytest.raises(RunActive):
        requested(workflow)
    assert TrainingRun.objects.count() == 1
    assert Entry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_once_one_is_refused() -> None:
    workflow = workflow_with_policy()
    together, outcomes = Barrier(2), []

    def ask() -> None:
        together.wait(10)
        try:
            outcomes.append(requested(workflow).status)
        except RunActive as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["queued", "run_active"]
    assert TrainingRun.objects.count() == 1
    assert Entry.objects.filter(action="training.requested").count() == 1


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.AUDITOR])
def test_only_operators_ask_for_training(workflow: Workflow, role: str) -> None:
    with pytest.raises(NotAllowed):
        request_training(workflow_id=workflow.id, trigger="hand", actor=person(role).as_actor(), now=NOW)
    assert not TrainingRun.objects.exists()


def test_an_operator_is_named_in_the_run(workflow: Workflow) -> None:
    ada = person(Role.OPERATOR, username="ada")
    run = request_training(workflow_id=workflow.id, trigger="hand", actor=ada.as_actor(), now=NOW)
    assert run.requested_by == ada


def test_an_archived_workflow_and_an_unknown_trigger_are_refused(workflow: Workflow) -> None:
    with pytest.raises(Invalid):
        request_training(workflow_id=workflow.id, trigger="whim", actor=TESTER, now=NOW)
    Workflow.objects.update(archived_at=NOW)
    with pytest.raises(NotFound):
        requested(workflow)


def test_a_run_is_taken_by_one_worker_only(workflow: Workflow) -> None:
    run = requested(workflow)
    assert begin(run_id=run.id, now=NOW) is not None
    assert begin(run_id=run.id, now=NOW) is None


def test_a_run_whose_worker_fell_silent_is_queued_and_rung_for_again(
    workflow: Workflow, bells: list[object], django_capture_on_commit_callbacks: object
) -> None:
    run = begun(workflow)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert sweep_runs(now=NOW + timedelta(seconds=30)) == (0, 0)
        assert sweep_runs(now=LATER) == (1, 1)
        assert sweep_runs(now=LATER) == (0, 0)  # rung for: wait until it counts as unheard
    assert bells[-1] == ("hitl.flow.train", str(run.id))
    run.refresh_from_db()
    assert (run.status, run.requested_at) == (RunStatus.QUEUED, NOW)


def test_a_lost_bell_is_rung_again(workflow: Workflow) -> None:
    requested(workflow)
    assert sweep_runs(now=NOW + runs.UNHEARD - timedelta(seconds=1)) == (0, 0)
    assert sweep_runs(now=NOW + runs.UNHEARD) == (0, 1)
    assert sweep_runs(now=NOW + runs.UNHEARD + timedelta(seconds=30)) == (0, 0)


def test_after_three_dead_workers_the_run_fails_with_its_reason(workflow: Workflow) -> None:
    Endpoint.objects.create(name="all", url="https://example.org/", secrets=["s"], created_at=NOW)
    run = begun(workflow)
    at = NOW
    for _ in range(2):
        at += runs.SILENCE + timedelta(seconds=1)
        assert sweep_runs(now=at)[0] == 1
        assert begin(run_id=run.id, now=at) is not None
    at += runs.SILENCE + timedelta(seconds=1)
    assert sweep_runs(now=at) == (0, 0)
    run.refresh_from_db()
    assert (run.status, run.attempts, run.finished_at) == (RunStatus.FAILED, 3, at)
    assert "Its worker died 3 times" in run.reason
    assert Entry.objects.filter(action="training.failed").count() == 1
    assert Event.objects.get().payload["status"] == "failed"


def test_a_worker_given_up_for_dead_changes_nothing_when_it_comes_back(workflow: Workflow) -> None:
    ghost = begun(workflow)
    sweep_runs(now=LATER)
    second = begin(run_id=ghost.id, now=LATER)
    assert second is not None
    steps = Steps(ghost, lambda: LATER)
    with pytest.raises(RunIsOver), steps.step(RunStep.TRAIN):
        pass
    with pytest.raises(RunIsOver):
        finish(run=ghost, status=RunStatus.FAILED, now=LATER)
    assert not runs.beat(run=ghost, now=minutes_later(60))
    second.refresh_from_db()
    assert (second.status, second.attempts, second.heartbeat_at, second.log) == ("running", 2, LATER, [])


def test_the_log_of_a_dead_attempt_stays_and_says_where_it_broke_off(workflow: Workflow) -> None:
    first = begun(workflow)
    steps = Steps(first, lambda: NOW)
    with steps.step(RunStep.READ) as step:
        step.result = "12 labels"
    opened = steps.step(RunStep.TRAIN)
    opened.__enter__().say("Trying something")
    sweep_runs(now=LATER)
    second = begin(run_id=first.id, now=LATER)
    assert second is not None
    with Steps(second, lambda: LATER).step(RunStep.READ):
        pass
    second.refresh_from_db()
    told = [(entry["attempt"], entry["step"], entry["result"]) for entry in second.log]
    assert told == [
        (1, RunStep.READ, "12 labels"),
        (1, RunStep.TRAIN, "The worker stopped here; another attempt follows."),
        (2, RunStep.READ, ""),
    ]


def test_a_cancelled_run_stops_at_its_next_line_and_frees_the_workflow(workflow: Workflow) -> None:
    run = begun(workflow)
    steps = Steps(run, lambda: NOW)
    operator = person(Role.OPERATOR, username="ada").as_actor()
    with steps.step(RunStep.READ):
        pass
    step = steps.step(RunStep.TRAIN).__enter__()
    cancel_training(run_id=run.id, actor=operator, now=NOW)
    with pytest.raises(RunIsOver):
        step.say("Trying something")
    run.refresh_from_db()
    assert (run.status, run.reason) == (RunStatus.CANCELLED, "Cancelled by ada.")
    with pytest.raises(RunIsOver):
        cancel_training(run_id=run.id, actor=operator, now=NOW)
    assert requested(workflow).status == RunStatus.QUEUED


def test_whoever_does_not_operate_models_cancels_nothing(workflow: Workflow) -> None:
    run = requested(workflow)
    auditor = Actor(kind="user", id="7", name="eve", roles=frozenset({Role.AUDITOR}))
    with pytest.raises(NotAllowed):
        cancel_training(run_id=run.id, actor=auditor, now=NOW)
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
