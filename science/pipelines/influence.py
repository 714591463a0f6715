"""Whether one person's labels make the model worse: train without them, judge by everybody else's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from science.intervals import wilson_interval
from science.paired import paired_difference
from science.pipelines.candidates import candidates_for
from science.pipelines.data import Data
from science.pipelines.folds import assign_folds
from science.pipelines.train import N_FOLDS, TrainedModel, prepared, try_candidate
from science.serving.vectors import WordVectors

MIN_LABELS = 20  # labels a person must have given, and others too, to be judged
MAX_TRIED = 2  # people without whom a model is trained; each costs as much as a candidate
CONTRADICTS = 0.2  # by how much more often than others a person may surely be contradicted


def influence_of_people(
    rows: Sequence[Any],
    labels: Sequence[str],
    schema: Any,
    people: Sequence[str],
    purposes: Sequence[str],
    *,
    model: TrainedModel,
    vectors: WordVectors | None = None,
    seed: int,
    weights: np.ndarray,
    groups: np.ndarray,
) -> dict[str, Any]:
    """Leave the most suspect people out, one at a time.

    Whose labels the model contradicts out of fold surely more often than others' of the same purpose is
    suspect. For up to two of them the chosen pipeline is cross-validated again without their labels; then a
    person *spoils* the model when it errs surely less on everybody else's labels without them, or when it
    contradicts them surely by 20 points more than others (one who turns labels round does both).

    Parameters
    ----------
    rows, labels, weights, groups, vectors: what the model was trained on. people: who gave each label, ""
        where nobody is known (an imported history). purposes: why each was asked for. seed: that of the
        training.

    Returns
    -------
    ``{"n_people", "left_out": [{"person", "n", "wrong_with", "wrong_without", "low", "high", "contradicted",
    "others_contradicted", "contradiction_low", "spoils"}]}``; the first two are shares of the others' labels,
    `low` and `high` the 95 % interval of their difference.
    """
    who, why = np.array(people, dtype=object), np.array(purposes, dtype=object)
    column = {label: i for i, label in enumerate(model.labels)}
    y = np.array([column.get(label, -1) for label in labels])
    wrong = _wrong(model.oof_proba, y)
    names = [name for name in sorted(set(people) - {""}) if (who == name).sum() >= MIN_LABELS]
    suspects = []
    for name in names:
        own = who == name
        others = _comparable(own, why)
        if others.sum() >= MIN_LABELS:
            gap, low = _surely_more(wrong[own], wrong[others], 0.95)
            if low > 0:
                suspects.append((-gap, name))
    left_out = []
    if suspects:
        data = prepared(rows, labels, schema, weights, model.report["unread"], groups=groups, vectors=vectors)
        folds = assign_folds(data.groups, data.learnable, N_FOLDS, np.random.default_rng(seed % 2**32))
        candidate = next(
            c for c in candidates_for(data, model.report["extras"]) if c.name == model.report["chosen"]
        )
        for _, name in sorted(suspects)[:MAX_TRIED]:
            own = who == name
            left = np.where(own, 0.0, data.weights)
            without = Data(rows, data.y, left, data.labels, schema, data.groups, data.unread, vectors)
            with threadpool_limits(limits=1):
                proba = try_candidate(candidate, without, folds, seed % 2**32).proba
            left_out.append(_verdict(name, own, why, wrong, _wrong(proba, data.y)))
    return {"n_people": len(names), "left_out": left_out}


def _verdict(
    name: str, own: np.ndarray, why: np.ndarray, wrong: np.ndarray, without: np.ndarray
) -> dict[str, Any]:
    others = _comparable(own, why)
    difference = paired_difference(wrong[~own], without[~own])
    _, low = _surely_more(without[own], without[others], 0.99)
    return {
        "person": name,
        "n": int(own.sum()),
        "wrong_with": difference.error_a,
        "wrong_without": difference.error_b,
        "low": difference.low,
        "high": difference.high,
        "contradicted": float(without[own].mean()),
        "others_contradicted": float(without[others].mean()),
        "contradiction_low": low,
        "spoils": bool(difference.low > 0 or low > CONTRADICTS),
    }


def _wrong(proba: np.ndarray, y: np.ndarray) -> np.ndarray:
    scored = ~np.isnan(proba).any(axis=1)
    return np.asarray((np.nan_to_num(proba).argmax(axis=1) != y) | ~scored)


def _comparable(own: np.ndarray, why: np.ndarray) -> np.ndarray:
    """Others' labels that were asked for for the same reasons: an adjudicator's cases are not like all."""
    return np.asarray(~own & np.isin(why, np.unique(why[own])))


def _surely_more(one: np.ndarray, other: np.ndarray, confidence: float) -> tuple[float, float]:
    """The difference of two shares and its lower end (Newcombe 1998, independent samples, method 10)."""
    p, q = float(one.mean()), float(other.mean())
    low_p, _ = wilson_interval(p, len(one), confidence)
    _, high_q = wilson_interval(q, len(other), confidence)
    return p - q, p - q - float(np.hypot(p - low_p, high_q - q))
