"""From labelled rows to a model: cross-validate the candidates, keep the best, prove the file."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from science.calibration import Calibration, fit_bcts
from science.explain import self_check
from science.fields import Schema
from science.pipelines import report
from science.pipelines.candidates import Candidate, candidates_for
from science.pipelines.data import MIN_EXAMPLES, Data
from science.pipelines.errors import NotTrainable
from science.pipelines.extras import EXTRAS, missing
from science.pipelines.familiar import learn_familiar
from science.pipelines.fitting import Fitted, fit
from science.pipelines.folds import assign_folds, groups_of_rows, row_digest
from science.pipelines.leakage import lone_fields
from science.pipelines.tablefit import typical_values
from science.pipelines.trust import marks_beat_contrast
from science.pipelines.verify import TOLERANCE, largest_difference
from science.serving.served_model import ServedModel
from science.serving.store import load_model, save_model
from science.serving.vectors import WordVectors
from science.told import Told

N_FOLDS = 3
_BACKGROUND = 50
_JOINED = (
    0.1  # share of the rows that belong together with different ones, from which their error is told apart
)
_EXPLAINED = 30  # rows on which the explanations are checked
_EXPLAINED_MEDIA = 10  # covering parts of an image costs more
_RELATIVE_GAIN, _MIN_GAIN = 0.02, 0.0002  # by how much a heavier candidate's AURC must be better


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model that may be registered: its file, the served model loaded back from it, and the evidence.

    `oof_proba` is (n_rows, n_classes) in the order of the rows trained on: calibrated probabilities
    of models, and by calibrations, that never saw the row; NaN where a file could not be read.
    """

    labels: tuple[str, ...]
    schema_sha256: str
    artifact: bytes
    served: ServedModel
    report: dict[str, Any]
    oof_proba: np.ndarray


@dataclass(slots=True)
class CrossValidation:
    """One candidate cross-validated: outputs and calibrated probabilities of all rows, out of fold."""

    candidate: Candidate
    outputs: np.ndarray
    proba: np.ndarray
    measures: dict[str, float]
    fit_seconds: float


def train(
    rows: Sequence[Mapping[str, object]],
    labels: Sequence[str],
    schema: Schema,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    budget_seconds: float = 60.0,
    extras: Collection[str] = (),
    unread: Sequence[str] = (),
    vectors: WordVectors | None = None,
    progress: Callable[[str], None] | None = None,
) -> TrainedModel:
    """Train on labelled rows with the best of the candidates for their kinds of fields.

    Parameters
    ----------
    rows, labels: what was decided, one label a row. seed: all randomness; the same input, seed and
        budget give the same bytes. weights: (n_rows,) non-negative, for example one over the
        inclusion probability. groups: (n_rows,) integers, equal in rows that belong together; None: equal
        rows do. budget_seconds: CPU seconds the candidates may cost, judged
        beforehand from sizes (so a slow machine trains the same model); the simplest is always
        tried. extras: optional libraries to try as well (`science.pipelines.extras`); one that is not
        installed is named in the report. unread: words that are no evidence and are not read. vectors: what
        words mean, for candidates that read texts by it. progress: called with a sentence at every step.

    Raises
    ------
    NotTrainable: the rows cannot teach a model; the message says what is missing.
    ValueError: rows, labels, weights and groups differ in length, a weight is no weight, or an extra is
        unknown.

    Notes
    -----
    Candidates are compared by the area under the risk-coverage curve in 3-fold cross-validation;
    groups stay in one fold. Labels with fewer than 2 different examples, or from fewer than 2 groups, are
    left out and counted as wrong answers everywhere; how often such labels come is kept as the chance of
    "none of these".
    """
    say = progress or (lambda _: None)
    seed %= 2**32  # what scikit-learn takes
    absent = missing(extras)
    usable = [extra for extra in extras if extra not in absent]
    say(Told("Reading the rows"))
    data = prepared(rows, labels, schema, weights, unread, groups=groups, vectors=vectors)
    with threadpool_limits(limits=1):
        folds = assign_folds(data.groups, data.learnable, N_FOLDS, np.random.default_rng(seed))
        trials, skipped = _trials(data, candidates_for(data, usable), folds, seed, budget_seconds, say)
        skipped += [f"{extra} (not installed: {EXTRAS[extra]})" for extra in absent]
        best = _best(trials)
        say(Told("Fitting the chosen model: %(pipeline)s", pipeline=best.candidate.name))
        everything = np.arange(len(rows))
        fitted = fit(best.candidate, data, everything, seed)
        calibration = _calibration(data, best.outputs, everything)
        served = fitted.to_served_model(data, calibration, _background(data, seed), _typical(data, labels))
        served.familiar = learn_familiar(data, folds, served, seed)
        marks = marks_beat_contrast(data, folds, lambda on: fit(best.candidate, data, on, seed), seed)
        artifact = save_model(served)
        served = load_model(artifact)
        known = _error_where_known(best.candidate, data, seed)
        say(Told("Comparing the saved model with the trained one"))
        checked = _compare(fitted, calibration, served, rows)
        say(Told("Checking the explanations"))
        chosen = _least_sure(best.proba, _EXPLAINED_MEDIA if served.media else _EXPLAINED)
        explained = self_check(served, [rows[i] for i in chosen], np.random.default_rng(seed))
    facts = {
        **_facts(data, labels, trials, best, skipped),
        "verified": checked,
        "error_where_known": known,
        "looks_for_strange_cases": served.familiar is not None,
        "explanations": {**explained, "marks": marks},
        "artifact_bytes": len(artifact),
        "lone_fields": lone_fields(data, fitted.table, fitted.raw, folds),
        "extras": usable,
        "unread": list(unread),
        "vectors": vectors.sha256 if vectors is not None else None,
        "seed": seed,
        "budget_seconds": budget_seconds,
    }
    return TrainedModel(data.labels, served.schema_sha256, artifact, served, facts, best.proba)


def prepared(
    rows: Sequence[Mapping[str, object]],
    labels: Sequence[str],
    schema: Schema,
    weights: np.ndarray | None,
    unread: Sequence[str] = (),
    *,
    groups: np.ndarray | None = None,
    vectors: WordVectors | None = None,
) -> Data:
    if len(rows) != len(labels):
        raise ValueError(f"{len(rows)} rows but {len(labels)} labels")
    weights = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=np.float64)
    if weights.shape != (len(rows),) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("weights must be one finite, non-negative number for each row")
    if not schema.fields:
        raise NotTrainable(Told("The workflow has no field that a model could read."))
    groups = groups_of_rows(rows) if groups is None else np.asarray(groups, dtype=np.int64)
    if groups.shape != (len(rows),):
        raise ValueError("groups must be one integer for each row")
    unknown = sorted(set(labels) - set(schema.labels))
    if unknown:
        raise NotTrainable(Told("Label “%(label)s” is not one of the workflow's labels.", label=unknown[0]))
    y = np.array([schema.labels.index(label) for label in labels], dtype=np.intp)
    data = Data(rows, y, weights, schema.labels, schema, groups, tuple(unread))
    examples = _different_examples(data)
    from_groups = {label: len(set(groups[data.learnable == i])) for i, label in enumerate(schema.labels)}
    known = tuple(
        label for label in schema.labels if min(examples[label], from_groups[label]) >= MIN_EXAMPLES
    )
    if len(known) < 2:
        have = ", ".join(f"{label}: {examples[label]}" for label in schema.labels)
        together = [label for label in schema.labels if examples[label] >= MIN_EXAMPLES > from_groups[label]]
        few = Told(
            "A model needs at least two labels with %(least)s different examples each; there are %(have)s.",
            least=MIN_EXAMPLES,
            have=have,
        )
        if not together:
            raise NotTrainable(few)
        why = Told(
            "All of “%(label)s” belong together, so that nothing else could test what was learnt of it.",
            label="”, “".join(together),
        )
        raise NotTrainable(Told("%(few)s %(why)s", few=few, why=why))
    index = np.array([known.index(label) if label in known else -1 for label in schema.labels])
    # A fresh object: what was cached for all labels must not be kept for those that remain. What files show
    # does not depend on labels, and costs most.
    learnt = Data(rows, index[y], weights, known, schema, groups, tuple(unread), vectors)
    learnt.media = data.media
    return learnt


def _different_examples(data: Data) -> Counter[str]:
    """Distinct usable rows per label; one that people gave several labels is an example of each."""
    usable = data.to_learn(np.arange(len(data.rows)))
    return Counter(label for _, label in {(row_digest(data.rows[i]), data.labels[data.y[i]]) for i in usable})


def _trials(
    data: Data,
    candidates: Sequence[Candidate],
    folds: np.ndarray,
    seed: int,
    budget_seconds: float,
    say: Callable[[str], None],
) -> tuple[list[CrossValidation], list[str]]:
    trials: list[CrossValidation] = []
    skipped: list[str] = []
    spent = 0.0
    for candidate in candidates:
        cost = candidate.cost(data)
        if trials and spent + cost > budget_seconds:
            skipped.append(candidate.name)
            continue
        spent += cost
        say(Told("Trying %(pipeline)s", pipeline=candidate.name))
        trials.append(try_candidate(candidate, data, folds, seed))
    return trials, skipped


def try_candidate(candidate: Candidate, data: Data, folds: np.ndarray, seed: int) -> CrossValidation:
    """Out-of-fold outputs of one candidate, calibrated for each fold by the other folds."""
    start = time.process_time()  # reported, never decided on
    outputs = np.empty((len(data.rows), data.n_outputs))
    for fold in range(N_FOLDS):
        held_out = folds == fold
        outputs[held_out] = fit(candidate, data, np.flatnonzero(~held_out), seed).outputs[held_out]
    proba = np.empty((len(data.rows), len(data.labels)))
    for fold in range(N_FOLDS):
        calibration = _calibration(data, outputs, np.flatnonzero(folds != fold))
        proba[folds == fold] = calibration.probabilities(outputs[folds == fold])
    proba[data.unreadable] = np.nan
    measured = report.measures(proba, data.y, data.weights)
    return CrossValidation(candidate, outputs, proba, measured, time.process_time() - start)


def _calibration(data: Data, outputs: np.ndarray, on: np.ndarray) -> Calibration:
    """Fitted on outputs (n_rows, n_outputs) of rows with indices `on`, by models that did not see them."""
    on = data.to_calibrate(on)
    return fit_bcts(outputs[on], data.as_next[on], data.weights[on])


def _least_sure(proba: np.ndarray, n: int) -> list[int]:
    """The rows people would be shown first: where evidence must be right."""
    confidence = np.where(np.isnan(proba).any(axis=1), 2.0, proba.max(axis=1))
    order = np.argsort(confidence, kind="stable")
    return [int(i) for i in order[:n] if confidence[i] <= 1.0]


def _best(trials: list[CrossValidation]) -> CrossValidation:
    best = trials[0]
    for trial in trials[1:]:
        aurc = best.measures["aurc"]
        if trial.measures["aurc"] < aurc - max(_RELATIVE_GAIN * aurc, _MIN_GAIN):
            best = trial
    return best


def _error_where_known(candidate: Candidate, data: Data, seed: int) -> float | None:
    """Share wrong where other cases of the same entity taught it; None where hardly any belong together.

    What is measured everywhere else is of entities that it has not seen.
    """
    own = groups_of_rows(data.rows)
    _, group = np.unique(data.groups, return_inverse=True)
    pairs = np.unique(np.stack([group, own]), axis=1)  # a group and a content that is in it
    contents = np.bincount(pairs[0])
    if (contents[group] > 1).mean() < _JOINED:
        return None
    folds = assign_folds(own, data.y, N_FOLDS, np.random.default_rng(seed))
    return 1 - try_candidate(candidate, data, folds, seed).measures["accuracy"]


def _background(data: Data, seed: int) -> np.ndarray:
    """Indices of the rows that explanations compare with, the same for every case."""
    usable = np.flatnonzero(~data.unreadable)
    size = min(_BACKGROUND, len(usable))
    return np.sort(np.random.default_rng(seed).choice(usable, size, replace=False))


def _typical(data: Data, labels: Sequence[str]) -> dict[str, dict[str, float | str]]:
    return typical_values(data.rows, labels, data.schema, data.labels)


def _compare(
    fitted: Fitted, calibration: Calibration, served: ServedModel, rows: Sequence[Mapping[str, object]]
) -> dict[str, float]:
    gap, n_rows = largest_difference(fitted, calibration, served, rows)
    if not gap <= TOLERANCE:
        raise RuntimeError(f"The saved model differs from the trained one by {gap:g}; it was not accepted.")
    return {"rows": n_rows, "largest_difference": gap, "tolerance": TOLERANCE}


def _facts(
    data: Data,
    labels: Sequence[str],
    trials: list[CrossValidation],
    best: CrossValidation,
    skipped: list[str],
) -> dict[str, Any]:
    counts = Counter(labels)
    logistic = next((t for t in trials if t.candidate.family == "logistic"), None)
    return {
        "n_rows": len(labels),
        "n_unreadable": int(data.unreadable.sum()),
        "looks": sorted(
            {
                traits.features.said
                for traits in (field.kind.traits for field in data.schema.fields)
                if traits.features is not None and traits.features.said
            }
        ),
        "label_mix": {label: counts[label] for label in data.schema.labels},
        "left_out": {label: counts[label] for label in data.schema.labels if label not in data.labels},
        "chosen": best.candidate.name,
        "candidates": [
            {"name": t.candidate.name, **t.measures, "fit_seconds": round(t.fit_seconds, 3)} for t in trials
        ],
        "skipped": skipped,
        "baselines": {
            "majority": report.majority(data.y, data.weights),
            "logistic": logistic.measures if logistic else None,
        },
        "calibration": report.bins(best.proba, data.y),
        "risk_coverage": report.curve_points(best.proba, data.y, data.weights),
        "labels": report.per_label(best.proba, data.y, data.labels),
    }
