"""Files that were given on a page: the row is the work, the job only a message about it.

A file is read several times, and may hold millions of rows however small it is. So a worker does it; whoever
gave the file sees how far it is, and may leave. Taking a file in again changes nothing, so a worker that dies
is followed by another.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q, QuerySet

from cases.files.histories import labelled
from cases.files.limits import JOB as LIMITS
from cases.files.reading import look_at
from cases.files.tables import Table, read_table
from cases.files.told import Told
from cases.models import FileImport, Workflow
from cases.services.labelled import Labelled
from cases.types import FileImportStatus
from hitl.flow.setup.import_history import Outcome
from hitl.flow.setup.rehearsal import Source, TooManyRefused
from hitl.flow.setup.take_in import take_in
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, HitlError, sentences
from hitl.shared.heartbeat import alive
from hitl.shared.jobs import enqueue
from hitl.shared.words import Words, joined
from models_store.services.schedule import request_where_due
from science.fields import Schema

log = logging.getLogger(__name__)

JOB = "hitl.flow.take_in_file"
MAX_ATTEMPTS = 5
_SILENT = timedelta(seconds=90)  # of a worker that is taken for dead
_BELL_LOST_AFTER = timedelta(seconds=15)
_LOOKED_AT = 20  # rows, for one that shows what a case is like
_KEPT_FOR = timedelta(days=1)  # a file of which no workflow is made


def give_file(
    *,
    workflow: Workflow,
    file: File,  # type: ignore[type-arg]  # generic only in the stubs
    told: Told,
    attest: bool,
    all_new: bool,
    allow: float,
    actor: Actor,
    now: datetime,
) -> FileImport:
    """Keep a file and ask a worker to take it in."""
    row = keep_file(file=file, told=told, allow=allow, actor=actor, now=now)
    take_up(import_id=row.id, workflow=workflow, attest=attest, all_new=all_new, actor=actor, now=now)
    row.refresh_from_db()
    return row


def keep_file(
    *,
    file: File,  # type: ignore[type-arg]  # generic only in the stubs
    told: Told,
    allow: float,
    actor: Actor,
    now: datetime,
) -> FileImport:
    """Keep a file of which a workflow is to be made, so that it is sent once; for a day."""
    if actor.user_id is None:
        raise ValueError("files are given by people")
    row = FileImport(
        status=FileImportStatus.LOOKED_AT,
        name=(file.name or "file")[-200:],
        told=told.to_json(),
        allow_refused=allow,
        given_by_id=actor.user_id,
        given_at=now,
    )
    default_storage.save(row.path, file)
    row.save(force_insert=True)
    return row


def first_content(import_id: UUID, *, schema: Schema) -> Mapping[str, Any] | None:
    """Return the content of the first case of a kept file; None where none of its first rows is one."""
    row = FileImport.objects.filter(pk=import_id).first()
    if row is None:
        return None
    told = Told.from_json(row.told)
    try:
        with default_storage.open(row.path) as file:

            def first() -> Table:
                table = read_table(file, row.name, encoding=told.encoding, limits=LIMITS)
                return replace(table, rows=islice(table.rows, _LOOKED_AT))

            reading = look_at(first(), told, schema=schema)
            cases = (item for _, item in labelled(first().rows, reading) if isinstance(item, Labelled))
            found = next(cases, None)
    except (HitlError, OSError):  # whoever takes it in says so
        return None
    return found.content if found else None


def take_up(
    *, import_id: UUID, workflow: Workflow, attest: bool, all_new: bool, actor: Actor, now: datetime
) -> None:
    """Ask a worker to take in a file that was kept.

    Raises:
        Conflict: it is no longer kept, was taken up before, or is somebody else's.
    """
    kept = FileImport.objects.filter(pk=import_id, given_by=actor.user_id, status=FileImportStatus.LOOKED_AT)
    with transaction.atomic():
        if not kept.update(
            workflow=workflow,
            status=FileImportStatus.QUEUED,
            is_attested=attest,
            all_new=all_new,
            given_at=now,
        ):
            raise Conflict("The file is no longer kept: it was looked at more than a day ago, or taken in.")
        enqueue(JOB, str(import_id))


def go_on(*, import_id: UUID, allow: float, now: datetime) -> None:
    """Let an import that asks go on without the rows that do not fit.

    Raises:
        Conflict: it does not ask any more.
    """
    asks = FileImport.objects.filter(pk=import_id, status=FileImportStatus.ASKS)
    with transaction.atomic():
        if not asks.update(status=FileImportStatus.QUEUED, allow_refused=allow, reason="", attempts=0):
            raise Conflict()
        enqueue(JOB, str(import_id))


def drop(*, import_id: UUID, now: datetime) -> None:
    """Take nothing in of a file that asks.

    Raises:
        Conflict: it does not ask any more.
    """
    asks = FileImport.objects.filter(pk=import_id, status=FileImportStatus.ASKS)
    words = Words("Nothing was taken in.")
    if not asks.update(status=FileImportStatus.FAILED, reason=words, finished_at=now):
        raise Conflict()
    _forget(FileImport(id=import_id))


def take_in_file(*, import_id: UUID, now: datetime) -> bool:
    """Work on a file; False when there is nothing to do or another worker is at it."""
    row = _begun(import_id, now)
    if row is None or row.workflow is None:  # a file that only was looked at is nobody's work yet
        return False
    try:
        with alive(lambda: _beat(row), name=f"import {row.pk}"):
            outcome = _work(row, row.given_by.as_actor())
    except TooManyRefused as refused:
        is_all = refused.facts["share"] == 1  # nothing is left to go on with
        _end(row, FileImportStatus.FAILED if is_all else FileImportStatus.ASKS, reason=refused.message)
    except HitlError as refused:
        _end(row, FileImportStatus.FAILED, reason=joined(sentences(refused), "\n"))
    except Exception:
        if row.attempts < MAX_ATTEMPTS:
            raise  # the sweeper begins again
        log.exception("a file could not be taken in")
        _end(row, FileImportStatus.FAILED, reason=Words("The service failed on this file. Its log says why."))
    else:
        request_where_due(row.workflow.pk, now=clock.now())  # whoever sees their rows come in does not wait
        _end(row, FileImportStatus.DONE, **_shown(outcome))
    return True


def sweep_imports(*, now: datetime) -> int:
    """Begin again the imports whose message was lost or whose worker died; return how many.

    Files of which nobody made a workflow are forgotten.
    """
    for row in FileImport.objects.filter(status=FileImportStatus.LOOKED_AT, given_at__lt=now - _KEPT_FOR):
        if FileImport.objects.filter(pk=row.pk, status=FileImportStatus.LOOKED_AT).delete()[0]:
            _forget(row)
    lost = Q(status=FileImportStatus.QUEUED, given_at__lt=now - _BELL_LOST_AFTER)
    died = Q(status=FileImportStatus.RUNNING, worked_at__lt=now - _SILENT)
    ids = [str(pk) for pk in FileImport.objects.filter(lost | died).values_list("pk", flat=True)[:100]]
    for import_id in ids:
        enqueue(JOB, import_id)
    return len(ids)


def _begun(import_id: UUID, now: datetime) -> FileImport | None:
    free = Q(status=FileImportStatus.QUEUED)
    free |= Q(status=FileImportStatus.RUNNING, worked_at__lt=now - _SILENT)
    row = FileImport.objects.filter(free, pk=import_id)
    if not row.update(status=FileImportStatus.RUNNING, worked_at=now, attempts=F("attempts") + 1):
        return None
    return FileImport.objects.select_related("workflow", "given_by").get(pk=import_id)


def _work(row: FileImport, actor: Actor) -> Outcome:
    told = Told.from_json(row.told)
    with default_storage.open(row.path) as file:
        source = Source.of_open_file(
            lambda: read_table(file, row.name, encoding=told.encoding, limits=LIMITS), row.name, told
        )
        _, outcome = take_in(
            source,
            workflow=row.workflow,
            actor=actor,
            now=row.given_at,
            attest=row.is_attested,
            all_new=row.all_new,
            salt=row.id,
            allow=row.allow_refused,
            progress=lambda done, rows: _progress(row, done),
        )
    return outcome


def _beat(row: FileImport) -> bool:
    return bool(_mine(row).update(worked_at=clock.now()))


def _progress(row: FileImport, done: float) -> None:
    _mine(row).update(progress=done)


def _mine(row: FileImport) -> QuerySet[FileImport]:
    """The row, unless another worker has begun on it since."""
    return FileImport.objects.filter(pk=row.pk, status=FileImportStatus.RUNNING, attempts=row.attempts)


def _shown(outcome: Outcome) -> Mapping[str, Any]:
    return {
        "taken": outcome.taken,
        "known": outcome.known,
        "refused": outcome.refused,
        "notes": list(outcome.notes),
        "reasons": shown_reasons(outcome),
        "progress": 1.0,
    }


def shown_reasons(outcome: Outcome) -> list[dict[str, Any]]:
    """Return why rows are refused, as pages show it: the most frequent reasons."""
    return [{"line": each.line, "rows": each.rows, **each.problem} for each in outcome.reasons.reasons()]


def _end(row: FileImport, status: FileImportStatus, **facts: Any) -> None:
    has_ended = status != FileImportStatus.ASKS
    _mine(row).update(status=status, finished_at=clock.now() if has_ended else None, **facts)
    if has_ended:
        _forget(row)


def _forget(row: FileImport) -> None:
    default_storage.delete(row.path)
