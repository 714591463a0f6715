"""Errors by groups of cases and by the people who gave the labels, for gate and model card."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import numpy as np

from cases.models import Label
from models_store.models import Evaluation
from models_store.rows import rows_for
from models_store.services.training_sets import TrainingSet
from models_store.services.word_vectors import word_vectors
from models_store.slice_words import slice_in_words
from science.pipelines import Made, TrainedModel
from science.pipelines.influence import influence_of_people
from science.slices import slices_of


def look_closer(
    *,
    model: Made,
    snapshot: TrainingSet,
    trained: np.ndarray,
    evaluation: Evaluation,
) -> dict[str, Any]:
    """Return `slices` (of the cases it is judged by) and `people` (of those it was trained on).

    Only where one person's labels stand out is anything trained again, for at most two people. A calibrator
    has a few numbers, which no single person turns round: where a model elsewhere has a part only slices are
    returned.
    """
    slices = _slices(evaluation, snapshot)
    if not isinstance(model, TrainedModel):
        return {"slices": slices}
    return {"slices": slices, "people": _people(model, snapshot, trained)}


def _slices(evaluation: Evaluation, snapshot: TrainingSet) -> dict[str, Any]:
    """Where it errs among the cases it can read; the others are people's."""
    place = {label_id: i for i, label_id in enumerate(snapshot.label_ids)}
    judged = np.array([place[label_id] for label_id in evaluation.label_ids], dtype=np.intp)
    is_read = np.isfinite(np.array(evaluation.scores, dtype=np.float64))
    contents, labels = snapshot.take(judged[is_read])
    wrong = (np.array(evaluation.predicted) != np.array(evaluation.truth))[is_read]
    found = slices_of(contents, wrong, labels, snapshot.schema)
    worst = [one | {"slice": slice_in_words(one["field"], one["slice"])} for one in found["worst"]]
    return found | {"worst": worst}


def _people(model: TrainedModel, snapshot: TrainingSet, trained: np.ndarray) -> dict[str, Any]:
    named = Label.objects.filter(pk__in=snapshot.label_ids, labelled_by__isnull=False)
    by: Mapping[UUID, str] = dict(named.values_list("pk", "labelled_by__username"))
    people = [by.get(snapshot.label_ids[i], "") for i in trained]
    if len(set(people) - {""}) == 0:
        return {"n_people": 0, "left_out": []}
    contents, labels = snapshot.take(trained)
    return influence_of_people(
        rows_for(contents, snapshot.schema),
        labels,
        snapshot.schema,
        people,
        [snapshot.purposes[i] for i in trained],
        model=model,
        vectors=word_vectors(),
        seed=snapshot.seed,
        weights=snapshot.weights[trained],
        groups=snapshot.groups[trained],
    )
