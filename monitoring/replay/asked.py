"""Replays that people ask for: the row is the work, the job only a message about it.

A replay only reads, so a worker that dies is followed by another that begins again. While it reads, a thread
with a connection of its own writes down how far it is, and finds out when it was ended.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q

from cases.models import Workflow
from hitl.accounts.types import SUPERVISING
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, HitlError, NotAllowed, NotFound, sentences
from hitl.shared.jobs import enqueue
from hitl.shared.transitions import move, move_one
from hitl.shared.words import Words, joined
from monitoring.models import ReplayRun
from monitoring.replay.answer import to_json, tried_from_json, tried_to_json
from monitoring.replay.run import Tried, check, replay
from monitoring.types import REPLAY_TRANSITIONS, ReplayStatus

log = logging.getLogger(__name__)

JOB = "monitoring.replay"
MAX_ATTEMPTS = 3
EVERY_SECONDS = 1.0  # a sign of life
SILENCE = timedelta(seconds=60)  # of a worker that is taken for dead
UNHEARD = timedelta(seconds=30)  # after which the bell is taken for lost


class ReplayActive(Conflict):
    """A replay that you asked for is not over. Wait for it, or end it."""

    code = "replay_active"


class _Ended(Exception):
    """Somebody ended it, or another worker has it."""


def ask_replay(*, workflow: Workflow, tried: Tried, actor: Actor, now: datetime) -> ReplayRun:
    """Queue a replay and tell a worker; a person has one at a time.

    Raises:
        Invalid: a part does not fit; the field is named.
        ReplayActive: another one that this person asked for is not over.
    """
    if actor.user_id is None:
        raise ValueError("replays are asked for by people; others use the command")
    check(workflow, tried)
    run = ReplayRun(workflow=workflow, tried=tried_to_json(tried), asked_by_id=actor.user_id, asked_at=now)
    try:
        with transaction.atomic():
            run.save(force_insert=True)
            enqueue(JOB, str(run.pk))
    except IntegrityError:
        raise ReplayActive() from None
    return run


def replay_of(workflow_id: UUID, replay_id: UUID) -> ReplayRun:
    """Return a replay of a workflow.

    Raises:
        NotFound: there is none.
    """
    found = ReplayRun.objects.select_related("asked_by").filter(pk=replay_id, workflow_id=workflow_id).first()
    if found is None:
        raise NotFound("There is no such replay.")
    return found


def latest_replays(workflow_id: UUID, *, limit: int) -> list[ReplayRun]:
    """Return what was asked for last."""
    rows = ReplayRun.objects.filter(workflow_id=workflow_id).select_related("asked_by")
    return list(rows.defer("answer").order_by("-asked_at", "-pk")[:limit])


def end_replay(*, run: ReplayRun, actor: Actor, now: datetime) -> None:
    """Stop a replay; its worker finds out within a second or two.

    Raises:
        NotAllowed: somebody else asked for it, and the actor only reads.
        Conflict: it is over already.
    """
    if run.asked_by_id != actor.user_id and not actor.has(*SUPERVISING):
        raise NotAllowed()
    rows = ReplayRun.objects.filter(pk=run.pk)
    move_one(
        rows,
        table=REPLAY_TRANSITIONS,
        to=ReplayStatus.ENDED,
        finished_at=now,
        reason=Words("Ended by %(name)s.", name=actor.name),
    )


def work(*, replay_id: UUID, now: datetime) -> bool:
    """Replay; False when there is nothing to do or another worker is at it."""
    run = _begun(replay_id, now)
    if run is None:
        return False
    try:
        with _telling(run) as tell:
            answer = replay(run.workflow, tried_from_json(run.tried), now=run.asked_at, tell=tell)
    except _Ended:
        return True
    except HitlError as refused:
        _end(run, ReplayStatus.FAILED, reason=joined(sentences(refused)))
    except Exception:
        if run.attempts < MAX_ATTEMPTS:
            raise  # the sweeper begins again
        log.exception("a replay failed", extra={"replay": str(run.pk)})
        _end(run, ReplayStatus.FAILED, reason=Words("The service failed on this window. Its log says why."))
    else:
        n = answer.was.cases
        _end(run, ReplayStatus.DONE, answer=to_json(answer), done=n, total=n)
    return True


def sweep_replays(*, now: datetime) -> int:
    """Ring again for replays whose message was lost or whose worker died; return for how many."""
    lost = Q(status=ReplayStatus.QUEUED, asked_at__lt=now - UNHEARD)
    died = Q(status=ReplayStatus.RUNNING, worked_at__lt=now - SILENCE)
    found = ReplayRun.objects.filter(lost | died).values_list("pk", "status", "attempts")
    for pk, status, attempts in found:
        if status == ReplayStatus.RUNNING and attempts >= MAX_ATTEMPTS:
            run = ReplayRun(pk=pk, attempts=attempts)
            _end(
                run,
                ReplayStatus.FAILED,
                reason=Words("Its worker died %(n)s times. Look at the worker's log.", n=attempts),
            )
        else:
            enqueue(JOB, str(pk))
    return len(found)


def _begun(replay_id: UUID, now: datetime) -> ReplayRun | None:
    free = Q(status=ReplayStatus.QUEUED) | Q(status=ReplayStatus.RUNNING, worked_at__lt=now - SILENCE)
    taken = move(
        ReplayRun.objects.filter(free, pk=replay_id),
        table=REPLAY_TRANSITIONS,
        to=ReplayStatus.RUNNING,
        worked_at=now,
        attempts=F("attempts") + 1,
        done=0,
    )
    return ReplayRun.objects.select_related("workflow").get(pk=replay_id) if taken else None


def _mine(run: ReplayRun) -> Any:
    return ReplayRun.objects.filter(pk=run.pk, status=ReplayStatus.RUNNING, attempts=run.attempts)


def _end(run: ReplayRun, status: ReplayStatus, **facts: Any) -> None:
    move(_mine(run), table=REPLAY_TRANSITIONS, to=status, finished_at=clock.now(), **facts)


@contextmanager
def _telling(run: ReplayRun) -> Iterator[Callable[[int, int], None]]:
    """Write down every second how far it is; what is yielded raises once the replay is over.

    Inside a transaction nobody else would see it, nor this thread's writer what is inside: none is started.
    """
    if connection.in_atomic_block:
        yield lambda done, total: None
        return
    over, ended, read = Event(), Event(), [0, 0]

    def write() -> None:
        try:
            while not over.wait(EVERY_SECONDS):
                try:
                    if not _mine(run).update(worked_at=clock.now(), done=read[0], total=read[1]):
                        return ended.set()
                except DatabaseError:
                    connection.close()  # the next time begins with a fresh one
        finally:
            connection.close()

    def tell(done: int, total: int) -> None:
        read[:] = done, total
        if ended.is_set():
            raise _Ended

    thread = Thread(target=write, name=f"replay-{run.pk}", daemon=True)
    thread.start()
    try:
        yield tell
    finally:
        over.set()
        thread.join()
