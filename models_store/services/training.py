"""One training run, start to end: snapshot, train, judge, gate, register, certify, promote.

What a worker does with a queued run. A worker killed on the way leaves the run to the sweeper; the next one
begins again from the labels, or, where the release is registered already, with what comes after.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from celery.exceptions import NotRegistered
from django.conf import settings

from hitl.shared import jobs
from hitl.shared.actor import system
from hitl.shared.errors import HitlError
from hitl.web.format import percent
from models_store.errors import ArtifactRefused, RunIsOver, SchemaChanged
from models_store.manifest import manifest
from models_store.models import Evaluation, Release, TrainingRun
from models_store.rows import rows_for
from models_store.selectors import champion, training_settings
from models_store.services import training_sets
from models_store.services.evaluation import Comparison, compare, evaluate
from models_store.services.gate import Check, checks
from models_store.services.heartbeat import heartbeat
from models_store.services.precedents import keep_precedents
from models_store.services.registry import NothingNew, SchemaMoved, register
from models_store.services.roles import CERTIFY, promote
from models_store.services.runs import begin, finish
from models_store.services.slices import look_closer
from models_store.services.steps import Clock, Steps
from models_store.services.training_sets import TrainingSet, split, take_snapshot
from models_store.types import RunStatus
from science.pipelines import NotTrainable, TrainedModel, train

log = logging.getLogger(__name__)

ACTOR = system("training")
WORTH = "policy.worth_promoting"
BUDGET_SECONDS = 60.0  # CPU seconds the candidates may cost


class Refused(Exception):
    """The gate refuses the model; the message says why."""


def run_training(*, run_id: UUID, clock: Clock) -> None:
    """Carry out a queued run; one that somebody else has taken, or that is over, is left alone.

    Whatever goes wrong ends in the run's row with its reason. Only a worker that is killed leaves the row
    running.
    """
    run = begin(run_id=run_id, now=clock())
    if run is None:
        return
    steps = Steps(run, clock)
    try:
        with heartbeat(run, clock):
            _carry_out(run, steps, clock)
    except RunIsOver:
        log.info("the run was cancelled or taken over", extra={"run": str(run_id)})
    except (NotTrainable, Refused, NothingNew, SchemaMoved, SchemaChanged) as refusal:
        _close(run, steps, RunStatus.REFUSED, str(refusal), clock())
    except Exception as error:
        log.exception("training failed", extra={"run": str(run_id)})
        reason = error.message if isinstance(error, HitlError) else f"{type(error).__name__}: {error}"
        _close(run, steps, RunStatus.FAILED, reason[:2000], clock())


def _close(run: TrainingRun, steps: Steps, status: str, reason: str, now: datetime) -> None:
    try:
        steps.stop(reason)
        finish(run=run, status=status, now=now, reason=reason)
    except RunIsOver:
        log.info("the run was cancelled or taken over", extra={"run": str(run.pk)})


def _carry_out(run: TrainingRun, steps: Steps, clock: Clock) -> None:
    release = run.release  # registered by an attempt whose worker died after it
    if release is None:
        release = _make_release(run, steps, clock)
    with steps.step("Certify") as step:
        step.result = _certify(release)
    with steps.step("Promote") as step:
        is_worth, words = _worth(release)
        step.say(words)
        if champion(run.workflow_id) is not None and training_settings(run.workflow_id).challengers_wait:
            step.result = "It waits for a person."
        elif not is_worth:
            step.result = f"It does not take its place by itself. {words}"
        else:
            promote(release_id=release.id, actor=ACTOR, now=clock(), reason="It passed the gate.")
            step.result = f"{release.name} is the champion from the next case on."
    finish(run=run, status=RunStatus.SUCCEEDED, now=clock(), release=release)


def _make_release(run: TrainingRun, steps: Steps, clock: Clock) -> Release:
    with steps.step("Read the labels") as step:
        snapshot = take_snapshot(run.workflow)
        trained, held_out = split(snapshot)
        step.result = _said_of(snapshot, held_out)
    with steps.step("Train") as step:
        unread = training_settings(run.workflow_id).unread_words
        if unread:
            step.say(f"Leaving out as no evidence: {', '.join(unread)}.")
        contents, labels = snapshot.take(trained)
        model = train(
            rows_for(contents, snapshot.schema),
            labels,
            snapshot.schema,
            seed=snapshot.seed,
            weights=snapshot.weights[trained],
            budget_seconds=BUDGET_SECONDS,
            extras=settings.EXTRA_MODELS,
            unread=unread,
            progress=step.say,
        )
        step.result = f"Chosen: {model.report['chosen']}, {len(model.artifact) / 1024:,.0f} kB."
    with steps.step("Judge") as step:
        evaluation = evaluate(model, snapshot, trained, held_out)
        before = champion(run.workflow_id)
        comparison = _comparison(before, evaluation, snapshot, step.say)
        closer = look_closer(model=model, snapshot=snapshot, trained=trained, evaluation=evaluation)
        model.report.update(closer)
        step.result = _judgement(evaluation)
    with steps.step("Pass the gate") as step:
        plan = training_settings(run.workflow_id)
        asked = checks(
            model.report,
            comparison,
            most_wrong_in_a_slice=plan.most_wrong_in_a_slice,
            trusted_fields=plan.trusted_fields,
        )
        for check in asked:
            step.say(f"{'Passed' if check.passed else 'Refused'}: {check.name}. {check.words}")
        refusals = [f"{check.name}: no. {check.words}" for check in asked if not check.passed]
        if refusals:
            raise Refused(" ".join(refusals))
        step.result = f"Passed {len(asked)} checks."
    with steps.step("Register") as step:
        release = register(
            run=run,
            model=model,
            snapshot=snapshot,
            evaluation=evaluation,
            held_out=held_out,
            manifest=_manifest(model, snapshot, held_out),
            report=_report(model, snapshot, evaluation, comparison, asked),
            now=clock(),
        )
        keep_precedents(release=release, plan=model.plan, snapshot=snapshot, trained=trained, now=clock())
        step.result = f"Registered as {release.name}."
    return release


def _said_of(snapshot: TrainingSet, held_out: np.ndarray) -> str:
    words = f"{len(snapshot):,} labels by people"
    if snapshot.n_left_out:
        words += f"; {snapshot.n_left_out:,} left out that do not fit the present fields and labels"
    if len(held_out):
        return f"{words}; {len(held_out):,} random blind ones are held out to certify."
    return f"{words}; each is judged out of fold."


def _comparison(
    before: Release | None, evaluation: Evaluation, snapshot: TrainingSet, say: Any
) -> Comparison | None:
    """A champion whose file is lost decides nothing any more, and must not keep others out."""
    if before is None:
        return None
    try:
        return compare(before, evaluation, snapshot)
    except ArtifactRefused as refused:
        say(f"The champion cannot be compared with. {refused.message}")
        return None


def _judgement(evaluation: Evaluation) -> str:
    wrong = sum(a != b for a, b in zip(evaluation.predicted, evaluation.truth, strict=True))
    n = len(evaluation.truth)
    return f"Wrong in {wrong:,} of {n:,} cases it was not trained on ({percent(wrong / max(1, n))})."


def _certify(release: Release) -> str:
    """Certify before it is promoted, so that automation does not pause until a worker comes round to it."""
    try:
        jobs.perform(CERTIFY, str(release.id))
    except NotRegistered:
        return "Left to a worker: this process does not certify."
    except Exception:
        log.exception("not certified before promotion", extra={"release": str(release.id)})
        return "It could not be certified yet. People decide until a later attempt succeeds."
    return "Tested for the workflow's promise; see the automation page."


def _worth(release: Release) -> tuple[bool, str]:
    """Ask policy whether the release may automate more than the champion; without policy nothing is lost."""
    try:
        is_worth, words = jobs.perform(WORTH, str(release.id))
    except NotRegistered:
        return True, "This process does not weigh certificates."
    return bool(is_worth), str(words)


def _manifest(model: TrainedModel, snapshot: TrainingSet, held_out: np.ndarray) -> dict[str, Any]:
    return manifest(
        data_sha256=snapshot.sha256,
        n_labels=len(snapshot),
        n_held_out=len(held_out),
        schema=model.schema_sha256,
        seed=snapshot.seed,
        budget_seconds=BUDGET_SECONDS,
        report=model.report,
    )


def _report(
    model: TrainedModel,
    snapshot: TrainingSet,
    evaluation: Evaluation,
    comparison: Comparison | None,
    asked: Sequence[Check],
) -> dict[str, Any]:
    """Return the model card's numbers."""
    return {
        **model.report,
        "data": training_sets.facts(snapshot),
        "judged": {"source": evaluation.source, "n": len(evaluation.truth)},
        "against_champion": asdict(comparison) if comparison else None,
        "gate": [check.to_json() for check in asked],
    }
