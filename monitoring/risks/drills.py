"""Play a risk and see if its alarm rises: in a process and a database that are thrown away (ADR 0076)."""

import json
import logging
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.shared import clock
from hitl.shared.actor import Actor, system
from hitl.shared.errors import Conflict, NotAllowed, NotFound
from hitl.shared.jobs import enqueue
from hitl.shared.words import Words
from monitoring.models import Drill
from monitoring.risks.register import risk_of_drill
from monitoring.types import StudyStatus

log = logging.getLogger(__name__)

PLAYING = (Role.OPERATOR,)
JOB = "monitoring.play_drill"
SECONDS = 900
LOST = timedelta(seconds=2 * SECONDS)
ACTIVE = (StudyStatus.QUEUED, StudyStatus.RUNNING)
ACTOR = system("monitoring")


class DrillRuns(Conflict):
    """This drill is being played already."""

    code = "drill_runs"


def ask_for_drill(*, fault: str, actor: Actor, now: datetime) -> Drill:
    """Let a worker play a fault.

    Raises:
        NotAllowed, NotFound, DrillRuns: nothing is written.
    """
    if not actor.has(*PLAYING):
        raise NotAllowed("Drills are played by operators.")
    if risk_of_drill(fault) is None:
        raise NotFound("There is no such drill.")
    Drill.objects.filter(status__in=ACTIVE, fault=fault, asked_at__lt=now - LOST).update(
        status=StudyStatus.FAILED, finished_at=now, reason=Words("Its worker was lost.")
    )
    try:
        with transaction.atomic():
            drill = Drill.objects.create(fault=fault, asked_by=actor.name, asked_at=now)
            enqueue(JOB, str(drill.pk))
    except IntegrityError as refused:
        if "one_drill_at_a_time" not in str(refused):
            raise
        raise DrillRuns() from None
    return drill


def play_drill(drill_id: UUID) -> bool:
    """Play a drill that waits and keep what came of it; return whether there was one."""
    waits = Drill.objects.filter(pk=drill_id, status=StudyStatus.QUEUED)
    if not waits.update(status=StudyStatus.RUNNING, begun_at=clock.now()):
        return False
    drill = Drill.objects.get(pk=drill_id)
    try:
        outcome = _played(drill.fault)
    except (OSError, ValueError, subprocess.SubprocessError) as trouble:
        log.exception("a drill could not be played", extra={"fault": drill.fault})
        reason = Words("It could not be played (%(error)s).", error=type(trouble).__name__)
        Drill.objects.filter(pk=drill_id).update(
            status=StudyStatus.FAILED, finished_at=clock.now(), reason=reason
        )
        return True
    keep_outcome(drill, outcome, now=clock.now())
    return True


@transaction.atomic
def keep_outcome(drill: Drill, outcome: dict[str, Any], *, now: datetime) -> None:
    """Keep what came of a drill, and say it in the audit log."""
    passed = bool(outcome["raised"] and outcome["told"] and outcome["cleared"])
    drill.status, drill.finished_at, drill.has_passed = StudyStatus.DONE, now, passed
    drill.outcome = outcome
    drill.save(update_fields=["status", "finished_at", "has_passed", "outcome"])
    result = "passed" if passed else "failed"
    detail = {"fault": drill.fault, "result": result, "asked_by": drill.asked_by, **outcome}
    record(action="drill.played", actor=ACTOR, now=now, about=drill, detail=detail)


def _played(fault: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hitl-drill-") as folder:
        told = Path(folder) / "outcome.json"
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "drill", fault, f"--json={told}"]
        subprocess.run(command, check=True, timeout=SECONDS, capture_output=True)
        return dict(json.loads(told.read_text(encoding="utf-8")))


def last_drills() -> dict[str, Drill]:
    """Return the last drill of each fault."""
    return {drill.fault: drill for drill in Drill.objects.order_by("fault", "-id").distinct("fault")}


def waiting_drills(*, now: datetime) -> list[UUID]:
    """Return the drills whose message to a worker was lost."""
    lost = Drill.objects.filter(Q(status=StudyStatus.QUEUED), asked_at__lt=now - timedelta(minutes=1))
    return list(lost.values_list("pk", flat=True))
