"""One run of the watch over one workflow."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from models_store.errors import RunActive
from models_store.models import TrainingRun
from models_store.selectors import new_labels
from models_store.services.runs import MAX_REASON, request_training
from models_store.types import Trigger
from monitoring.watch import handover, monitor, recheck, trial
from monitoring.watch.budget import run as budget
from monitoring.watch.canary import bake
from monitoring.watch.canary import run as canary
from monitoring.watch.people import heed_overdue
from monitoring.watch.watched import ACTOR, WatchedWorkflow, watched_workflow
from policy.proof.terms import NothingKnown
from policy.services.certify import resume_where_proved

log = logging.getLogger(__name__)

SETTLE = timedelta(minutes=2)  # a decision is dated before it commits: the youngest are left to the next run
RETRAIN_AFTER = (200, 600, 1_800)  # labels from after an alarm that a new model is worth trying on


def watch(workflow_id: UUID, *, now: datetime, settle: timedelta = SETTLE) -> None:
    """Read what people answered since the last run, and act on it.

    `settle` leaves out decisions younger than that; only a replay whose writers are all done may use none.
    """
    budget.advance(workflow_id, now=now, settle=settle)
    watched = watched_workflow(workflow_id, now, settle)
    if watched is None:
        return
    if watched.is_tripped_by_evidence and resume_where_proved(workflow_id=workflow_id, actor=ACTOR, now=now):
        watched = watched_workflow(workflow_id, now, settle) or watched
    _line_up(watched)
    recheck.advance(watched)
    trial.advance(watched)
    if bake.advance(watched):
        watched = watched_workflow(workflow_id, now, settle) or watched
        _line_up(watched)
    monitor.advance(watched)
    handover.advance(watched)
    canary.advance(watched)
    heed_overdue(watched)
    _train_after_alarm(watched)


def _line_up(watched: WatchedWorkflow) -> None:
    for part in (monitor, trial, handover):
        try:
            with transaction.atomic():
                part.line_up(watched)
        except IntegrityError:
            log.info("another run was faster", extra={"workflow": str(watched.workflow_id)})
        except NothingKnown:
            pass  # nothing bounds what reviewers miss yet: the promise page says so


def _train_after_alarm(watched: WatchedWorkflow) -> None:
    """Try a new model once there are labels from after the alarm, and again at three times as many.

    Whoever asked for a run, it has tried what was there: a step that the last one had the labels for is not
    tried again, and one that it had not is still to come.

    After a step down this is the way back as well: what was refuted of this model stays refuted, and the next
    one is certified on labels from since then.
    """
    since = watched.policy.evidence_from
    if since is None or not watched.is_recovering:
        return
    runs = TrainingRun.objects.filter(workflow_id=watched.workflow_id, requested_at__gte=since)
    last = runs.order_by("-requested_at").values_list("requested_at", flat=True).first()
    tried = new_labels(watched.workflow_id, since=since, until=last) if last is not None else 0
    fresh = new_labels(watched.workflow_id, since=since)
    if not any(tried < step <= fresh for step in RETRAIN_AFTER):
        return
    reason = f"{fresh:,} labels since the alarm. {watched.policy.breaker_reason}".strip()
    try:
        request_training(
            workflow_id=watched.workflow_id,
            trigger=Trigger.ALARM,
            actor=ACTOR,
            now=watched.now,
            reason=reason[:MAX_REASON],
        )
    except RunActive:
        log.info("a model is being trained already", extra={"workflow": str(watched.workflow_id)})
