"""The states of training runs: every step is a compare-and-set, so that none happens twice.

A worker that takes a run has its `attempts` as a fencing token: what it writes counts only while the run is
running under that number. One that was given up for dead and comes back changes nothing any more (ADR 0027).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from cases.models import Workflow
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor, system
from hitl.shared.errors import Conflict, Invalid, NotFound, Problem
from hitl.shared.given_reason import checked_reason
from hitl.shared.jobs import enqueue
from hitl.shared.transitions import move, move_one
from hitl.shared.words import Words
from models_store.access import require_operator
from models_store.errors import RunActive, RunIsOver
from models_store.models import Release, TrainingRun
from models_store.selectors import sources_in_use
from models_store.types import RUN_TRANSITIONS, GateCheck, RunStatus, Trigger

JOB = "hitl.flow.train"
MAX_ATTEMPTS = 3
MAX_REASON = 300
SILENCE = timedelta(seconds=60)  # without a heartbeat this long, the worker is taken for dead
UNHEARD = timedelta(minutes=2)  # rung for this long ago, the bell is taken for lost
SETTLING = timedelta(minutes=10)  # between two runs nobody asked for: a burst of labels starts one, not many
SWEEPER = system("training sweeper")


@transaction.atomic
def request_training(
    *,
    workflow_id: UUID,
    trigger: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    source_id: UUID | None = None,
    is_cascade: bool = False,
) -> TrainingRun:
    """Queue a training run and tell a worker; who asked and why stays with the run.

    With a source, it fits the calibrator of that model elsewhere instead of training one; as a cascade, it
    trains one too, and fits the calibrator to what that leaves.

    Raises:
        NotFound: there is no such workflow, or it is archived; or no such source is in use.
        NotAllowed: the actor is a person who does not operate models.
        Invalid: there is no such trigger, or the reason is too long.
        RunActive: one is queued or running; a workflow trains one model at a time.
    """
    require_operator(actor)
    workflow = Workflow.objects.filter(pk=workflow_id, archived_at=None).first()
    if workflow is None:
        raise NotFound("There is no such workflow, or it is archived.")
    if source_id is not None and source_id not in {one.pk for one in sources_in_use(workflow_id).values()}:
        raise NotFound("There is no such source in use.")
    if trigger not in Trigger.values:
        fix = Words("Use one of %(names)s.", names=", ".join(Trigger.values))
        raise Invalid(
            [Problem(field="trigger", error=Words("is %(value)s", value=repr(trigger[:40])), fix=fix)]
        )
    if reason.strip():  # whoever presses the button need not say why
        checked_reason(reason, most=MAX_REASON)
    run = TrainingRun(
        workflow=workflow,
        trigger=trigger,
        requested_by_id=actor.user_id,
        requested_by_name=actor.name,
        because=reason.strip(),
        source_id=source_id,
        is_cascade=is_cascade and source_id is not None,
        requested_at=now,
        rung_at=now,
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:
        raise RunActive(workflow=workflow.slug) from None
    detail = {"workflow": workflow.slug, "trigger": trigger, "reason": run.because}
    record(action="training.requested", actor=actor, now=now, about=run, detail=detail)
    enqueue(JOB, str(run.id))
    return run


def is_settling(last: datetime | None, now: datetime) -> bool:
    """Tell whether a run was asked for so lately that nothing but a person asks for another."""
    return last is not None and now - last < SETTLING


def begin(*, run_id: UUID, now: datetime) -> TrainingRun | None:
    """Take a queued run; None when somebody else has it or it is over."""
    taken = move(
        TrainingRun.objects.filter(pk=run_id, status=RunStatus.QUEUED),
        table=RUN_TRANSITIONS,
        to=RunStatus.RUNNING,
        started_at=now,
        heartbeat_at=now,
        attempts=F("attempts") + 1,
    )
    return TrainingRun.objects.select_related("workflow", "source").get(pk=run_id) if taken else None


def note(*, run: TrainingRun, now: datetime, **changes: Any) -> None:
    """Record the run's progress; every record is also a sign of life.

    Raises:
        RunIsOver: it was cancelled, or given to another worker: stop.
    """
    if mine(run).update(heartbeat_at=now, **changes) != 1:
        raise RunIsOver(run=str(run.pk))


def beat(*, run: TrainingRun, now: datetime) -> bool:
    """Give a sign of life; False when the run is no longer this worker's."""
    return mine(run).update(heartbeat_at=now) == 1


@transaction.atomic
def finish(
    *,
    run: TrainingRun,
    status: str,
    now: datetime,
    reason: str = "",
    failed_checks: Sequence[GateCheck] = (),
    release: Release | None = None,
) -> None:
    """Close the run that this worker holds; `failed_checks` are those of the gate that refused its model.

    Raises:
        RunIsOver: it was cancelled, or given to another worker, in the meantime.
    """
    changes: dict[str, Any] = {
        "finished_at": now, "reason": reason, "failed_checks": list(failed_checks), "step": "",
    }  # fmt: skip
    if release is not None:
        changes["release"] = release
    try:
        move_one(mine(run), table=RUN_TRANSITIONS, to=status, **changes)
    except Conflict:
        raise RunIsOver(run=str(run.pk)) from None
    _tell(run, status, reason, system("training"), now, release, failed_checks)


@transaction.atomic
def cancel_training(*, run_id: UUID, actor: Actor, now: datetime) -> None:
    """Stop a run that is not over; its worker finds out at its next note, and registers nothing.

    Raises:
        NotFound: there is no such run.
        NotAllowed: the actor is a person who does not operate models.
        RunIsOver: it has ended already.
    """
    require_operator(actor)
    rows = TrainingRun.objects.filter(pk=run_id)
    if not rows.exists():
        raise NotFound("There is no such training run.")
    reason = Words("Cancelled by %(name)s.", name=actor.name)
    if not move(rows, table=RUN_TRANSITIONS, to=RunStatus.CANCELLED, finished_at=now, step="", reason=reason):
        raise RunIsOver("This training run has already ended.")
    _tell(rows.get(), RunStatus.CANCELLED, reason, actor, now)


def sweep_runs(*, now: datetime) -> tuple[int, int]:
    """Find runs whose worker died and runs whose message was lost; return how many of each.

    A run that took three workers with it is failed, with the reason.
    """
    is_silent = Q(heartbeat_at__lt=now - SILENCE) | Q(heartbeat_at=None)
    dead = TrainingRun.objects.filter(is_silent, status=RunStatus.RUNNING)
    for run in dead.filter(attempts__gte=MAX_ATTEMPTS):
        _give_up(run, now)
    # Not rung for since: the search below finds it at once.
    revived = move(
        dead,
        table=RUN_TRANSITIONS,
        to=RunStatus.QUEUED,
        rung_at=None,
        step="",
    )
    unheard = TrainingRun.objects.filter(
        Q(rung_at=None) | Q(rung_at__lte=now - UNHEARD), status=RunStatus.QUEUED
    )
    rung = 0
    for run_id, rung_at in unheard.values_list("id", "rung_at"):
        with transaction.atomic():  # of two sweepers, one rings
            if TrainingRun.objects.filter(pk=run_id, rung_at=rung_at).update(rung_at=now):
                enqueue(JOB, str(run_id))
                rung += 1
    return revived, rung


@transaction.atomic
def _give_up(run: TrainingRun, now: datetime) -> None:
    step = run.get_step_display()
    reason = Words(
        "Its worker died %(attempts)s times, last in “%(step)s”. Look at the worker's log and memory.",
        attempts=run.attempts,
        step=step,
    )
    same = TrainingRun.objects.filter(pk=run.pk, attempts=run.attempts, heartbeat_at=run.heartbeat_at)
    if move(same, table=RUN_TRANSITIONS, to=RunStatus.FAILED, finished_at=now, reason=reason, step=""):
        _tell(run, RunStatus.FAILED, reason, SWEEPER, now)


def _tell(
    run: TrainingRun,
    status: str,
    reason: str,
    actor: Actor,
    now: datetime,
    release: Release | None = None,
    failed_checks: Sequence[GateCheck] = (),
) -> None:
    facts = {
        "status": str(status),
        "reason": reason,
        "failed_checks": [str(check) for check in failed_checks],
        "release": release.name if release else None,
    }
    record(action=f"training.{status}", actor=actor, now=now, about=run, detail=facts)
    emit([News("training.finished", run.pk, run.workflow_id, now, facts)])


def mine(run: TrainingRun) -> QuerySet[TrainingRun]:
    """The row, if it is still this attempt's: another worker's attempt has another number."""
    return TrainingRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING, attempts=run.attempts)
