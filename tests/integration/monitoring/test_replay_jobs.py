"""A replay is asked for once, worked on by one worker, can be ended, and survives a worker's death."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection

from hitl.accounts.types import Role
from hitl.shared import clock, jobs
from hitl.shared.errors import Conflict, NotAllowed
from monitoring.models import ReplayRun
from monitoring.replay import asked, reading
from monitoring.replay.asked import ReplayActive, ask_replay, end_replay, sweep_replays, work
from monitoring.replay.run import Tried, replay
from policy.models import Decision
from tests.integration.monitoring.test_replay import END, judge, lived
from tests.support.factories import NOW, person

pytestmark = pytest.mark.django_db(transaction=True)
LATER = END + asked.SILENCE + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def at_the_end() -> None:
    clock.use(lambda: END)


def a_replay(n: int = 30) -> ReplayRun:
    actor = person(Role.OPERATOR).as_actor()
    return ask_replay(workflow=lived(n), tried=Tried(NOW, END), actor=actor, now=END)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was rung for, instead of a broker."""
    rung: list[tuple[object, ...]] = []
    monkeypatch.setattr(jobs, "_ring", lambda name, args: rung.append((name, *args)))
    return rung


def test_a_person_has_one_replay_at_a_time(bells: list[tuple[object, ...]]) -> None:
    run = a_replay()
    assert bells == [("monitoring.replay", str(run.pk))]
    with pytest.raises(ReplayActive):
        ask_replay(workflow=run.workflow, tried=Tried(NOW, END), actor=run.asked_by.as_actor(), now=END)
    ask_replay(workflow=run.workflow, tried=Tried(NOW, END), actor=person(Role.LEAD).as_actor(), now=END)
    assert work(replay_id=run.pk, now=END)
    assert not work(replay_id=run.pk, now=LATER)
    ask_replay(workflow=run.workflow, tried=Tried(NOW, END), actor=run.asked_by.as_actor(), now=END)


def test_how_far_it_is_is_seen_while_it_reads_and_it_can_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_replay()
    monkeypatch.setattr(reading, "CHUNK", 10)
    monkeypatch.setattr(asked, "EVERY_SECONDS", 0.02)
    half, seen = Event(), Event()
    cases = reading._cases

    def slowly(*args: object, **kwargs: object) -> object:
        if not half.is_set():
            half.set()
        else:
            assert seen.wait(30)
        return cases(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_cases", slowly)

    def job() -> None:
        work(replay_id=run.pk, now=END)
        connection.close()

    worker = Thread(target=job)
    worker.start()
    assert half.wait(30)
    while worker.is_alive() and not ReplayRun.objects.get().done:
        worker.join(0.02)
    shown = ReplayRun.objects.get()
    assert (shown.status, shown.done, shown.total) == ("running", 10, 30)
    with pytest.raises(NotAllowed):  # whoever only reads ends their own alone
        end_replay(run=shown, actor=person(Role.AUDITOR).as_actor(), now=END)
    end_replay(run=shown, actor=shown.asked_by.as_actor(), now=END)
    worker.join(0.2)  # its writer finds out
    seen.set()
    worker.join(30)
    over = ReplayRun.objects.get()
    assert (over.status, over.answer, over.reason) == ("ended", {}, f"Ended by {shown.asked_by.username}.")
    with pytest.raises(Conflict):
        end_replay(run=over, actor=shown.asked_by.as_actor(), now=END)


def test_all_of_it_is_read_as_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_replay()
    audited = list(Decision.objects.filter(is_audited=True).values_list("case_id", flat=True))
    monkeypatch.setattr(reading, "CHUNK", 10)
    cases = reading._cases

    def answer() -> None:
        judge(audited)
        connection.close()

    def meanwhile(*args: object, **kwargs: object) -> object:
        other = Thread(target=answer)
        other.start()
        other.join(30)
        monkeypatch.setattr(reading, "_cases", cases)
        return cases(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_cases", meanwhile)
    assert audited
    assert replay(run.workflow, Tried(NOW, END), now=END).was.labels == 0
    assert replay(run.workflow, Tried(NOW, END), now=END).was.labels == len(audited)


def test_a_worker_that_died_is_followed_by_another_with_the_same_answer(
    bells: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_replay()

    def dies(*_: object, **__: object) -> None:
        raise SystemExit  # as a kill: nothing after it is written

    with monkeypatch.context() as patched:
        patched.setattr(asked, "replay", dies)
        with pytest.raises(SystemExit):
            work(replay_id=run.pk, now=END)
    assert not work(replay_id=run.pk, now=END)  # it may live yet
    assert sweep_replays(now=END) == 0
    bells.clear()
    assert sweep_replays(now=LATER) == 1
    assert bells == [("monitoring.replay", str(run.pk))]
    assert work(replay_id=run.pk, now=LATER)
    run.refresh_from_db()
    assert (run.status, run.attempts, run.done, run.total) == ("done", 2, 30, 30)


def test_what_kills_three_workers_fails_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_replay()
    at = END
    monkeypatch.setattr(asked, "replay", lambda *_, **__: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            work(replay_id=run.pk, now=at)
        ReplayRun.objects.update(worked_at=at)
        at = at + asked.SILENCE + timedelta(seconds=1)
    assert work(replay_id=run.pk, now=at)
    run.refresh_from_db()
    assert (run.status, run.reason) == ("failed", "The service failed on this window. Its log says why.")


def test_the_third_death_ends_it(bells: list[tuple[object, ...]]) -> None:
    run = a_replay()
    ReplayRun.objects.update(status="running", attempts=3, worked_at=END)
    assert sweep_replays(now=LATER) == 1
    run.refresh_from_db()
    assert (run.status, run.reason) == ("failed", "Its worker died 3 times. Look at the worker's log.")
