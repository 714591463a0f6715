"""Ask for a study of the data, and find those that a lost message or a killed worker left behind."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from cases.models import Workflow
from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, NotAllowed
from hitl.shared.jobs import enqueue
from hitl.shared.words import Words
from models_store.selectors import champion
from monitoring.models import DataStudy
from monitoring.types import StudyStatus

ASKING = (Role.LEAD, Role.OPERATOR)
JOB = "monitoring.study_data"
ACTIVE = (StudyStatus.QUEUED, StudyStatus.RUNNING)
SILENT = timedelta(minutes=10)  # a worker that says nothing for that long is gone
MAX_ATTEMPTS = 3


class StudyRuns(Conflict):
    """A study of this workflow's data runs already."""

    code = "study_runs"


class NoModel(Conflict):
    """There is no model whose errors could be studied. Train one first."""

    code = "no_model"


def ask_for_study(*, workflow: Workflow, actor: Actor, now: datetime) -> DataStudy:
    """Let a worker study what the workflow's model lacks.

    Raises:
        NotAllowed, NoModel, StudyRuns: nothing is written.
    """
    if not actor.has(*ASKING):
        raise NotAllowed("Studies of the data are asked for by leads and operators.")
    release = champion(workflow.pk)
    if release is None:
        raise NoModel()
    try:
        with transaction.atomic():
            study = DataStudy.objects.create(
                workflow=workflow, release=release, asked_by=actor.name, asked_at=now
            )
            detail = {"release": release.name}
            record(action="data_study.asked", actor=actor, now=now, about=workflow, detail=detail)
            enqueue(JOB, str(study.pk))
    except IntegrityError as refused:
        if "one_study_at_a_time" not in str(refused):
            raise
        raise StudyRuns() from None
    return study


def resume_studies(*, now: datetime) -> int:
    """Ring again for studies that wait or whose worker is gone; give up after a few attempts."""
    silent = Q(status=StudyStatus.QUEUED, asked_at__lt=now - timedelta(minutes=1)) | Q(
        status=StudyStatus.RUNNING, worked_at__lt=now - SILENT
    )
    lost = DataStudy.objects.filter(silent)
    lost.filter(attempts__gte=MAX_ATTEMPTS).update(
        status=StudyStatus.FAILED,
        finished_at=now,
        reason=Words("Its worker was lost %(n)s times.", n=MAX_ATTEMPTS),
    )
    found = list(lost.filter(status__in=ACTIVE).values_list("pk", flat=True))
    with transaction.atomic():
        for pk in found:
            enqueue(JOB, str(pk))
    return len(found)


def last_study(workflow_id: UUID) -> DataStudy | None:
    """Return the study asked for last."""
    rows = DataStudy.objects.filter(workflow_id=workflow_id).select_related("release")
    return rows.order_by("-id").first()


def last_done(workflow_id: UUID) -> DataStudy | None:
    """Return the last study that found something out."""
    rows = DataStudy.objects.filter(workflow_id=workflow_id, status=StudyStatus.DONE)
    return rows.select_related("release").order_by("-id").first()
