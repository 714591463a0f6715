"""One training run, start to end: train -> certify -> promote, or beside the champion in shadow.

What a worker does with a queued run. A worker killed on the way leaves the run to the sweeper; the next one
begins again from the labels, or, where the release is registered already, with what comes after.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hitl.flow.learning.certify import certify
from hitl.flow.learning.unsettled import unsettled_cases
from hitl.shared.actor import system
from hitl.shared.errors import HitlError
from hitl.shared.words import Words, as_words, joined
from models_store.errors import RunIsOver, SchemaChanged
from models_store.models import Release, TrainingRun
from models_store.selectors import champion, training_settings
from models_store.services.heartbeat import heartbeat
from models_store.services.registry import NothingNew, SchemaMoved
from models_store.services.roles import move, promote
from models_store.services.runs import begin, finish
from models_store.services.steps import Clock, Steps
from models_store.services.training import Refused, make_release
from models_store.types import GateCheck, ReleaseRole, RunStatus, RunStep
from policy.models import Policy
from policy.promotion import Promotion, worth_promoting
from science.pipelines import NotTrainable

log = logging.getLogger(__name__)

ACTOR = system("training")


def run_training(*, run_id: UUID, clock: Clock) -> None:
    """Carry out a queued run; one that somebody else has taken, or that is over, is left alone.

    Whatever goes wrong ends in the run's row with its reason. Only a worker that is killed leaves the row
    running.
    """
    run = begin(run_id=run_id, now=clock())
    if run is None:
        return
    steps = Steps(run, clock)
    facts = {"run": str(run_id), "workflow": str(run.workflow_id), "attempt": run.attempts}
    log.info("training begins", extra=facts)
    try:
        with heartbeat(run, clock):
            _carry_out(run, steps, clock)
    except RunIsOver:
        log.info("the run was cancelled or taken over", extra={"run": str(run_id)})  # untranslated: a log
    except Refused as refusal:
        _close(run, steps, RunStatus.REFUSED, refusal.args[0], clock(), failed_checks=refusal.failed_checks)
    except (NotTrainable, NothingNew, SchemaMoved, SchemaChanged) as refusal:
        _close(run, steps, RunStatus.REFUSED, as_words(refusal.args[0]), clock())
    except Exception as error:
        log.exception("training failed", extra={"run": str(run_id)})
        reason = error.message if isinstance(error, HitlError) else f"{type(error).__name__}: {error}"[:2000]
        _close(run, steps, RunStatus.FAILED, reason, clock())


def _close(
    run: TrainingRun,
    steps: Steps,
    status: str,
    reason: str,
    now: datetime,
    *,
    failed_checks: Sequence[GateCheck] = (),
) -> None:
    try:
        steps.stop(reason)
        finish(run=run, status=status, now=now, reason=reason, failed_checks=failed_checks)
        facts = {"run": str(run.pk), "status": str(status), "reason": reason}
        log.warning("training ended without a release", extra=facts)  # untranslated: a log
    except RunIsOver:
        log.info("the run was cancelled or taken over", extra={"run": str(run.pk)})  # untranslated: a log


def _carry_out(run: TrainingRun, steps: Steps, clock: Clock) -> None:
    release = run.release  # registered by an attempt whose worker died after it
    if release is None:
        unsettled = unsettled_cases(run.workflow_id, now=clock())
        policy = Policy.objects.filter(workflow_id=run.workflow_id).first() or Policy()
        release = make_release(
            run,
            steps,
            clock,
            unsettled=unsettled,
            wrong_allowed=policy.target,
            changed_at=policy.evidence_from,
        )
    with steps.step(RunStep.CERTIFY) as step:
        step.result = certify(release, now=clock())
    with steps.step(RunStep.PROMOTE) as step:
        promotion = _promotion(release, clock())
        step.say(promotion.words)
        waits = champion(run.workflow_id) is not None and training_settings(run.workflow_id).challengers_wait
        if promotion.is_worth and not waits:
            promote(release_id=release.id, actor=ACTOR, now=clock(), reason=Words("It passed the gate."))
            step.result = Words("%(release)s is the champion from the next case on.", release=release.name)
        else:
            why = Words("It waits for a person.") if waits else promotion.words
            move(release_id=release.id, to=ReleaseRole.SHADOW, actor=ACTOR, now=clock(), reason=why)
            step.result = Words(
                "It is in shadow: it scores beside the champion, and nobody sees it. %(why)s", why=why
            )
    finish(run=run, status=RunStatus.SUCCEEDED, now=clock(), release=release)
    log.info("training succeeded", extra={"run": str(run.pk), "release": release.name, "end": step.result})


def _promotion(release: Release, now: datetime) -> Promotion:
    """Say whether to promote; what a release was let through the gate with keeps it from it."""
    short = [check["words"] for check in release.report["gate"] if not check["passed"]]
    return Promotion(False, joined(short)) if short else worth_promoting(release, now=now)
