"""One run of the watch over one workflow."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from hitl.shared.words import Words, as_words
from models_store.errors import RunActive
from models_store.models import TrainingRun
from models_store.selectors import new_labels, training_settings
from models_store.services.runs import is_settling, request_training
from models_store.types import Trigger
from monitoring.signs.open_now import open_signs
from monitoring.watch import handover, monitor, recheck, trial
from monitoring.watch.budget import run as budget
from monitoring.watch.canary import bake
from monitoring.watch.canary import run as canary
from monitoring.watch.overdue_audits import heed_overdue
from monitoring.watch.watched import ACTOR, WatchedWorkflow, watched_workflow
from policy.proof.terms import NothingKnown
from policy.services.certify import resume_where_proved

log = logging.getLogger(__name__)

SETTLE = timedelta(minutes=2)  # a decision is dated before it commits: the youngest are left to the next run
RETRAIN_AFTER = (200, 600, 1_800)  # labels from after an alarm that a new model is worth trying on
RETRAIN_AFTER_SIGN = (100, 400, 1_600)  # from since an early sign: sooner, as nothing has been refuted yet


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
    _train_after_signs(watched)


def _line_up(watched: WatchedWorkflow) -> None:
    for part in (monitor, trial, handover):
        try:
            with transaction.atomic():
                part.line_up(watched)
        except IntegrityError:
            extra = {"workflow": str(watched.workflow_id)}
            log.info("another run was faster", extra=extra)  # untranslated: a log
        except NothingKnown:
            pass  # nothing bounds what reviewers miss yet: the promise page says so


def _train_after_alarm(watched: WatchedWorkflow) -> None:
    """Try a new model once there are labels from after the alarm, and again at three times as many.

    After a step down this is the way back as well: what was refuted of this model stays refuted, and the next
    one is certified on labels from since then.
    """
    since = watched.policy.evidence_from
    if since is not None and watched.is_recovering:
        reason = watched.policy.breaker_reason

        def why(n: int) -> str:
            return Words("%(n)s labels since the alarm. %(reason)s", n=n, reason=as_words(reason)).strip()

        _train_since(watched, since, RETRAIN_AFTER, Trigger.ALARM, why)


def _train_after_signs(watched: WatchedWorkflow) -> None:
    """Try a new model on labels from since an early sign, before an alarm has to say so."""
    if watched.is_recovering or not training_settings(watched.workflow_id).is_automatic:
        return
    for sign in open_signs(watched.workflow_id):
        kind = Words(sign.get_kind_display())

        def why(n: int, kind: str = kind) -> str:
            return Words("%(n)s labels since an early sign: %(sign)s.", n=n, sign=kind)

        _train_since(watched, sign.began_at, RETRAIN_AFTER_SIGN, Trigger.DRIFT, why)


def _train_since(
    watched: WatchedWorkflow,
    since: datetime,
    steps: Sequence[int],
    trigger: Trigger,
    why: Callable[[int], str],
) -> None:
    """Request a run at each of these numbers of labels from since then.

    Whoever asked for a run, it has tried what was there: a step that the last one had the labels for is not
    tried again, and one that it had not is still to come.
    """
    runs = TrainingRun.objects.filter(workflow_id=watched.workflow_id, requested_at__gte=since)
    last = runs.order_by("-requested_at").values_list("requested_at", flat=True).first()
    if is_settling(last, watched.now):
        return
    tried = new_labels(watched.workflow_id, since=since, until=last) if last is not None else 0
    fresh = new_labels(watched.workflow_id, since=since)
    if not any(tried < step <= fresh for step in steps):
        return
    try:
        request_training(
            workflow_id=watched.workflow_id,
            trigger=trigger,
            actor=ACTOR,
            now=watched.now,
            reason=why(fresh),
        )
    except RunActive:
        extra = {"workflow": str(watched.workflow_id)}
        log.info("a model is being trained already", extra=extra)  # untranslated: a log
