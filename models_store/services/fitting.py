"""Fit what a run asks for: a model, the calibrator of one elsewhere, or both, one after the other."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings

from hitl.shared.words import Words
from models_store.models import TrainingRun
from models_store.rows import rows_for
from models_store.selectors import training_settings
from models_store.services.training_sets import TrainingSet
from models_store.services.word_vectors import word_vectors
from science.pipelines import CalibratedSource, CascadedModel, Made, TrainedModel, calibrate, cascade, train
from science.pipelines.window import window_start

BUDGET_SECONDS = 60.0  # CPU seconds the candidates may cost
FIRST_SHARE = 0.5  # of the wrong decisions that a promise allows: what a cascade's first model may make


def taught_by(everything: TrainingSet, run: TrainingRun, changed_at: datetime | None) -> TrainingSet:
    """Return the labels that a run learns from; `changed_at` as in `make_release`."""
    if run.source is None:
        return _latest_window(everything, run, changed_at)
    if not run.is_cascade:
        return everything.scored_by(run.source.sha256)
    return _latest_window(everything, run, changed_at).hearing(run.source.sha256)


def judged_since(run: TrainingRun) -> datetime | None:
    """Return when the first case came in that may judge what a run makes; None: all may.

    A model elsewhere was asked about no case from before somebody listened to it. What a cascade would have
    made of such a case nobody knows, and to take it for a case that nobody could decide would be untrue.
    """
    return run.source.confirmed_at if run.source is not None and run.is_cascade else None


def fitted(
    run: TrainingRun,
    snapshot: TrainingSet,
    trained: np.ndarray,
    say: Callable[[str], None],
    *,
    wrong_allowed: float,
) -> Made:
    """Fit it on the labels at the places `trained`.

    `wrong_allowed` is the share of automatic decisions that may be wrong by the workflow's promise.

    Raises:
        NotTrainable: there is too little to learn from.
    """
    if run.source is None:
        return _trained(run, snapshot, trained, say)
    if not run.is_cascade:
        return _calibrated(run, snapshot, trained, say)
    return _cascaded(run, snapshot, trained, say, share=FIRST_SHARE * wrong_allowed)


def _trained(
    run: TrainingRun, snapshot: TrainingSet, trained: np.ndarray, say: Callable[[str], None]
) -> TrainedModel:
    contents, labels = snapshot.take(trained)
    unread = training_settings(run.workflow_id).unread_words
    if unread:
        say(Words("Leaving out as no evidence: %(names)s.", names=", ".join(unread)))
    return train(
        rows_for(contents, snapshot.schema),
        labels,
        snapshot.schema,
        seed=snapshot.seed,
        weights=snapshot.weights[trained],
        groups=snapshot.groups[trained],
        budget_seconds=BUDGET_SECONDS,
        extras=settings.EXTRA_MODELS,
        unread=unread,
        vectors=word_vectors(),
        progress=say,
    )


def _calibrated(
    run: TrainingRun, snapshot: TrainingSet, trained: np.ndarray, say: Callable[[str], None]
) -> CalibratedSource:
    contents, labels = snapshot.take(trained)
    return calibrate(
        contents,
        labels,
        snapshot.schema,
        **_about(run),
        seed=snapshot.seed,
        weights=snapshot.weights[trained],
        groups=snapshot.groups[trained],
        progress=say,
    )


def _cascaded(
    run: TrainingRun,
    snapshot: TrainingSet,
    trained: np.ndarray,
    say: Callable[[str], None],
    *,
    share: float,
) -> CascadedModel:
    first = _trained(run, snapshot, trained, say)
    contents, labels = snapshot.take(trained)
    since = judged_since(run)
    judged = np.array([since is None or snapshot.received[i] >= since for i in trained], dtype=bool)
    return cascade(
        first,
        rows_for(contents, snapshot.schema),
        labels,
        snapshot.schema,
        share=share,
        **_about(run),
        seed=snapshot.seed,
        weights=snapshot.weights[trained],
        groups=snapshot.groups[trained],
        judged=judged,
        progress=say,
    )


def _about(run: TrainingRun) -> dict[str, Any]:
    """Return what names the model elsewhere, and what it can say."""
    source = run.source
    assert source is not None  # noqa: S101 - the caller asked
    about = {
        "door": source.door, "model": source.model, "version": source.version, "label_map": source.label_map,
    }  # fmt: skip
    return {"source": source.sha256, "about": about, "said_labels": source.labels}


def _latest_window(snapshot: TrainingSet, run: TrainingRun, changed_at: datetime | None) -> TrainingSet:
    """Return the labels that teach: all, or the latest where these alone say the latest better."""
    places = (i for i, at in enumerate(snapshot.received) if changed_at is not None and at >= changed_at)
    start = window_start(
        rows_for(snapshot.contents, snapshot.schema),
        snapshot.labels,
        snapshot.schema,
        seed=snapshot.seed,
        weights=snapshot.weights,
        groups=snapshot.groups,
        changed_at=next(places, None),
        unread=training_settings(run.workflow_id).unread_words,
    )
    return snapshot.from_place(start)
