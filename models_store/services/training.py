"""From labels to a registered release: read the labels, train, judge, pass the gate, register."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings

from hitl.shared.words import Words, as_words, joined
from hitl.web.format import percent
from models_store import reports
from models_store.errors import ArtifactRefused
from models_store.manifest import manifest
from models_store.models import Evaluation, Release, TrainingRun
from models_store.rows import rows_for
from models_store.selectors import champion, training_settings
from models_store.services import training_sets
from models_store.services.evaluation import Comparison, compare, evaluate
from models_store.services.fitting import BUDGET_SECONDS, fitted, judged_since, taught_by
from models_store.services.gate import checks
from models_store.services.precedents import keep_precedents
from models_store.services.registry import register
from models_store.services.slices import look_closer
from models_store.services.steps import Clock, Steps
from models_store.services.training_sets import TrainingSet, split, take_snapshot
from models_store.types import Check, GateCheck, RunStep
from science.pipelines import Made, TrainedModel
from science.pipelines.learning_curve import learning_curve
from science.serving import own_model

GROWN = 1.25  # times the labels of a curve from which on it is measured anew: it moves slowly


class Refused(Exception):
    """The gate refuses the model: the checks that it failed, and why in words as the message."""

    def __init__(self, failed: Sequence[Check]) -> None:
        said = (
            Words("%(check)s: no. %(words)s", check=as_words(check.name), words=as_words(check.words))
            for check in failed
        )
        super().__init__(joined(said))
        self.failed_checks = tuple(check.check for check in failed)


def make_release(
    run: TrainingRun,
    steps: Steps,
    clock: Clock,
    *,
    unsettled: Collection[UUID] = (),
    wrong_allowed: float = 1.0,
    changed_at: datetime | None = None,
    read: Callable[..., TrainingSet] = take_snapshot,
) -> Release:
    """Train on the labels of a run's workflow, judge what comes of it, and register it.

    `unsettled` are cases that people were asked about and that have no label: they count against the model.
    `wrong_allowed` is the share of automatic decisions that may be wrong by the workflow's promise;
    it tells a cascade where its second model begins.
    `changed_at` is when live evidence last refuted a promise: labels of cases from before may teach what is
    no longer true (`science.pipelines.window`). `read` says what the labels are.

    Raises:
        NotTrainable, NothingNew, SchemaMoved: there is nothing to learn from, or no longer.
        Refused: the gate says no.
        RunIsOver: the run was cancelled, or taken over.
    """
    with steps.step(RunStep.READ) as step:
        snapshot = taught_by(read(run.workflow, unsettled=unsettled), run, changed_at)
        trained, held_out = split(snapshot)
        step.result = _said_of(snapshot, held_out)
    with steps.step(RunStep.TRAIN) as step:
        model = fitted(run, snapshot, trained, step.say, wrong_allowed=wrong_allowed)
        step.result = Words(
            "Chosen: %(pipeline)s, %(size)s kB.",
            pipeline=as_words(model.report["chosen"]),
            size=len(model.artifact) // 1024,
        )
    with steps.step(RunStep.JUDGE) as step:
        evaluation = evaluate(model, snapshot, trained, held_out, since=judged_since(run))
        before = champion(run.workflow_id)
        comparison = _comparison(before, evaluation, snapshot, step.say)
        closer = look_closer(model=model, snapshot=snapshot, trained=trained, evaluation=evaluation)
        model.report.update(closer)
        step.result = _judgement(model.report, evaluation)
    with steps.step(RunStep.GATE) as step:
        served = training_settings(run.workflow_id)
        asked = checks(
            model.report,
            comparison,
            most_wrong_in_a_slice=served.most_wrong_in_a_slice,
            trusted_fields=served.trusted_fields,
        )
        for check in asked:
            said = {"check": as_words(check.name), "words": as_words(check.words)}
            if check.passed:
                step.say(Words("Passed: %(check)s. %(words)s", **said))
            else:
                step.say(Words("Refused: %(check)s. %(words)s", **said))
        failed = [check for check in asked if not check.passed]
        if run.source is not None:  # a model elsewhere that errs more is asked for to be looked at, in shadow
            failed = [check for check in failed if check.check != GateCheck.CHAMPION]
        if failed:
            raise Refused(failed)
        step.result = Words("Passed %(count)s checks.", count=len(asked))
    with steps.step(RunStep.REGISTER) as step:
        if isinstance(model, TrainedModel):  # a model that is refused is not worth the time
            model.report["learning_curve"] = _learnt(model, snapshot, trained, before, step.say)
        release = register(
            run=run,
            model=model,
            snapshot=snapshot,
            evaluation=evaluation,
            trained=trained,
            held_out=held_out,
            manifest=_manifest(model, snapshot, held_out),
            report=_report(model, snapshot, evaluation, comparison, asked),
            now=clock(),
        )
        own = own_model(model.served)
        if own is not None:  # what a model elsewhere finds alike is not known here
            keep_precedents(release=release, served=own, snapshot=snapshot, trained=trained, now=clock())
        step.result = Words("Registered as %(model)s.", model=release.name)
    return release


def _learnt(
    model: TrainedModel,
    snapshot: TrainingSet,
    trained: np.ndarray,
    before: Release | None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Return the model's learning curve, or why there is none.

    That of a champion of the same kind is kept until there are clearly more labels; it names its model.
    """
    if before is not None and before.report.get("chosen") == model.report["chosen"]:
        kept: dict[str, Any] = before.report.get("learning_curve", {})
        if len(trained) < GROWN * kept.get("labels", 0):
            return {"of": before.name} | kept
    contents, labels = snapshot.take(trained)
    found = learning_curve(
        model,
        rows_for(contents, snapshot.schema),
        labels,
        snapshot.schema,
        weights=snapshot.weights[trained],
        groups=snapshot.groups[trained],
        extras=settings.EXTRA_MODELS,
        budget_seconds=settings.CURVE_SECONDS,
        progress=say,
    )
    return {"why_not": as_words(found)} if isinstance(found, str) else found.to_json()


def _said_of(snapshot: TrainingSet, held_out: np.ndarray) -> str:
    parts = [Words("%(n)s labels by people", n=len(snapshot))]
    if snapshot.n_left_out:
        parts.append(
            Words("%(n)s left out that do not fit the present fields and labels", n=snapshot.n_left_out)
        )
    if snapshot.n_unscored:
        parts.append(
            Words("%(n)s left out whose cases came without a usable score of it", n=snapshot.n_unscored)
        )
    if snapshot.n_older:
        parts.append(
            Words(
                "%(n)s older ones left out, because a model without them is clearly better on the latest",
                n=snapshot.n_older,
            )
        )
    if len(snapshot.unsettled.case_ids):
        parts.append(
            Words("%(n)s unsettled cases count against the model", n=len(snapshot.unsettled.case_ids))
        )
    if len(held_out):
        parts.append(Words("%(n)s random blind ones are held out to judge it", n=len(held_out)))
    else:
        parts.append(Words("each is judged out of fold"))
    return Words("%(parts)s.", parts=joined(parts, "; "))


def _comparison(
    before: Release | None, evaluation: Evaluation, snapshot: TrainingSet, say: Any
) -> Comparison | None:
    """A champion whose file is lost decides nothing any more, and must not keep others out."""
    if before is None:
        return None
    try:
        return compare(before, evaluation, snapshot)
    except ArtifactRefused as refused:
        say(Words("The champion cannot be compared with. %(why)s", why=refused.message))
        return None


def _judgement(report: Mapping[str, Any], evaluation: Evaluation) -> str:
    """Say two numbers under two names: the model card's, and that of the cases held out of training."""
    n = evaluation.n_held_out
    out_of_fold = percent(reports.error_of(report) or 0)
    if not n:
        return Words(
            "Wrong in %(share)s of the cases it learned from, each answered by a model of other groups.",
            share=out_of_fold,
        )
    held_out = zip(evaluation.predicted[-n:], evaluation.truth[-n:], strict=True)
    wrong = sum(said != true for said, true in held_out)
    return Words(
        "Wrong in %(share)s of the cases it learned from, each answered by a model of other groups; itself"
        " wrong in %(wrong)s of %(n)s held out (%(itself)s).",
        share=out_of_fold,
        wrong=wrong,
        n=n,
        itself=percent(wrong / n),
    )


def _manifest(model: Made, snapshot: TrainingSet, held_out: np.ndarray) -> dict[str, Any]:
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
    model: Made,
    snapshot: TrainingSet,
    evaluation: Evaluation,
    comparison: Comparison | None,
    asked: Sequence[Check],
) -> dict[str, Any]:
    """Return the model card's numbers."""
    return {
        **model.report,
        "data": training_sets.facts(snapshot),
        "judged": {
            "n": len(evaluation.truth),
            "n_held_out": evaluation.n_held_out,
            "n_groups": len(set(evaluation.groups)),
        },
        "against_champion": asdict(comparison) if comparison else None,
        "gate": [check.to_json() for check in asked],
    }
