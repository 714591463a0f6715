"""Evaluate a new model on labels it was not trained on, alone and beside the champion (ADR 0026)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from models_store.models import Evaluation, Release
from models_store.rows import Row, rows_for
from models_store.selectors import evaluation_of, labels_trained_on
from models_store.services.training_sets import TrainingSet
from models_store.serving import served_model
from science.aurc import aurc
from science.decision_terms import OF_SOURCES, Reason
from science.paired import PairedDifference, paired_difference
from science.pipelines import Made
from science.serving import ScoreSource, source_model

MIN_FRESH = 50  # labels the champion never saw, below which older ones are asked as well


@dataclass(frozen=True, slots=True)
class Comparison:
    """Challenger (a) against champion (b), on labels that neither was trained on.

    `is_fresh`: all of them came after the champion was trained. Else those it was trained on count as well,
    with the answers it gave out of fold.
    """

    champion: str
    is_fresh: bool
    errors: PairedDifference
    challenger_aurc: float
    champion_aurc: float


def evaluate(
    model: Made,
    snapshot: TrainingSet,
    trained: np.ndarray,
    held_out: np.ndarray,
    *,
    since: datetime | None = None,
) -> Evaluation:
    """Return, unsaved, what the model says of cases that it was not trained on.

    Of those that taught it models of other groups speak, of those held out and the unsettled ones itself. Of
    cases that it was not taught to read it says nothing, as when it decides: they are people's, whatever
    their score, and no cutoff speaks of them. Cases that came in before `since` judge nothing.
    """
    column = {label: i for i, label in enumerate(model.labels)}
    unsettled = snapshot.unsettled
    oof_proba = model.oof_proba
    if since is not None:
        is_late = np.array([at >= since for at in snapshot.received], dtype=bool)
        oof_proba, trained, held_out = (
            oof_proba[is_late[trained]],
            trained[is_late[trained]],
            held_out[is_late[held_out]],
        )
        unsettled = unsettled.since(since)
    contents, _ = snapshot.take(trained)
    out_of_fold = _where_usable(oof_proba, model.served.unusable(rows_for(contents, snapshot.schema)))
    contents, _ = snapshot.take(held_out)
    fresh = _asked(model.served, rows_for(contents, snapshot.schema))
    predicted, scores = best_of(np.concatenate([out_of_fold, fresh]))
    guessed, sure = best_of(_asked(model.served, rows_for(unsettled.contents, snapshot.schema)))
    judged = np.concatenate([trained, held_out])
    return Evaluation(
        n_held_out=len(held_out),
        label_ids=[snapshot.label_ids[i] for i in judged],
        truth=[column.get(snapshot.labels[i], -1) for i in judged],
        predicted=predicted.tolist(),
        scores=scores.tolist(),
        is_blind=snapshot.is_blind[judged].tolist(),
        purpose=[snapshot.purposes[i] for i in judged],
        groups=snapshot.groups[judged].tolist(),
        unsettled_case_ids=unsettled.case_ids,
        unsettled_predicted=guessed.tolist(),
        unsettled_scores=sure.tolist(),
        unsettled_groups=unsettled.groups,
    )


def _asked(served: ScoreSource, rows: Sequence[Row]) -> np.ndarray:
    """The model's own probabilities (n_rows, n_labels), NaN where it cannot read the case."""
    if not len(rows):
        return np.empty((0, len(served.labels)))
    return _where_usable(*served.scored(rows))


def _where_usable(proba: np.ndarray, unusable: Sequence[Reason | None]) -> np.ndarray:
    """The probabilities (n_rows, n_labels), NaN where one may not be used."""
    is_usable = np.array([why is None for why in unusable], dtype=bool)
    return np.where(is_usable[:, None], proba, np.nan)


def best_of(proba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return column and probability (n_rows,) of the most probable label; column 0 and NaN where none is."""
    readable = ~np.isnan(proba).any(axis=1)
    safe = np.where(readable[:, None], proba, 0.0)
    return safe.argmax(axis=1), np.where(readable, safe.max(axis=1), np.nan)


def compare(champion: Release, evaluation: Evaluation, snapshot: TrainingSet) -> Comparison | None:
    """Judge both models by the same labels; None where the champion is for another schema, or none is left.

    Raises:
        ArtifactRefused: the champion's file cannot be used.
    """
    if champion.schema_sha256 != snapshot.schema_sha256:
        return None
    place = {label_id: i for i, label_id in enumerate(snapshot.label_ids)}
    places = np.array([place[label_id] for label_id in evaluation.label_ids], dtype=np.intp)
    wrong_b, score_b, is_fresh = _champion_on(champion, snapshot, places)
    wanted = is_fresh if is_fresh.sum() >= MIN_FRESH else ~np.isnan(wrong_b)
    if not wanted.any():
        return None
    score_a = np.array(evaluation.scores, dtype=np.float64)
    wrong_a = (np.array(evaluation.predicted) != np.array(evaluation.truth)) | np.isnan(score_a)
    weights = 1 / snapshot.chance[places][wanted]
    return Comparison(
        champion=champion.name,
        is_fresh=bool(is_fresh[wanted].all()),
        errors=paired_difference(wrong_a[wanted], wrong_b[wanted] == 1, weights=weights),
        challenger_aurc=aurc(np.nan_to_num(score_a[wanted]), wrong_a[wanted], weights),
        champion_aurc=aurc(np.nan_to_num(score_b[wanted]), wrong_b[wanted] == 1, weights),
    )


def _champion_on(
    champion: Release, snapshot: TrainingSet, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether the champion is wrong (NaN: unknown), how sure it is, and whether it never saw the group.

    Labels it was trained on are answered by what it said of them out of fold, never by the model itself; of
    later ones that belong to the same groups nothing fair can be said.
    """
    used = labels_trained_on(champion.id)
    is_used = np.array([label_id in used for label_id in snapshot.label_ids], dtype=bool)
    is_fresh = ~np.isin(snapshot.groups[places], snapshot.groups[is_used])
    served = served_model(champion.id)
    if source_model(served) is not None:  # cases it was to be asked about, and was not, say nothing of it
        contents, _ = snapshot.take(places)
        rows = rows_for(contents, snapshot.schema)
        is_fresh &= np.array([why not in OF_SOURCES for why in served.unusable(rows)], dtype=bool)
    wrong, score = np.full(len(places), np.nan), np.full(len(places), np.nan)
    earlier = evaluation_of(champion.id)
    if earlier is not None:
        known = dict(zip(earlier.label_ids, zip(earlier.wrong, earlier.scores, strict=True), strict=True))
        for k in np.flatnonzero(~is_fresh):
            wrong[k], score[k] = known.get(snapshot.label_ids[places[k]], (np.nan, np.nan))
    if is_fresh.any():
        contents, labels = snapshot.take(places[is_fresh])
        column, sure = best_of(_asked(served, rows_for(contents, snapshot.schema)))
        said = np.array([served.labels[i] for i in column], dtype=object)
        wrong[is_fresh] = (said != np.array(labels, dtype=object)) | np.isnan(sure)
        score[is_fresh] = sure
    return wrong, score, is_fresh
