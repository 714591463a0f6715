"""From what a model elsewhere said of labelled cases to a release: fit its calibrator, prove the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from science.calibration import fit_bcts, probabilities
from science.fields import Schema
from science.pipelines import report
from science.pipelines.errors import NotTrainable
from science.pipelines.folds import assign_folds
from science.pipelines.train import N_FOLDS
from science.pipelines.verify import TOLERANCE
from science.serving.source import Row, SourceModel, outputs_of, said_by
from science.serving.store import load_scorer, save_source
from science.told import Told


@dataclass(frozen=True, slots=True)
class CalibratedSource:
    """A model elsewhere with its calibrator, as `science.pipelines.TrainedModel`."""

    labels: tuple[str, ...]
    schema_sha256: str
    artifact: bytes
    served: SourceModel
    report: dict[str, Any]
    oof_proba: np.ndarray


MIN_PER_LABEL = 5  # answered cases of a label, of two labels at least
AS_SENT, CALIBRATED = "scores as they were sent", "calibrated on people's labels"


def calibrate(
    rows: Sequence[Row],
    labels: Sequence[str],
    schema: Schema,
    *,
    source: str,
    about: Mapping[str, Any],
    said_labels: Sequence[str],
    seed: int,
    weights: np.ndarray,
    groups: np.ndarray,
    progress: Callable[[str], None] = lambda _: None,
) -> CalibratedSource:
    """Fit the calibrator of a source on labelled cases that it scored.

    Parameters
    ----------
    rows, labels: cases with a usable score of the source, and what people answered. source, about: its hash,
        and what it is a hash of. said_labels: the labels that it can say, in the order of its scores.
        weights, groups: (n_rows,), as `science.pipelines.train`.

    Raises
    ------
    NotTrainable: it can say labels that the workflow does not have, or too few labels have examples.

    Notes
    -----
    Temperature and one bias a label (`science.calibration`), judged in 3-fold cross-validation: each case's
    probability comes from a calibrator that did not see its group. Cases of labels that the source cannot say
    count as wrong answers.
    """
    unknown = sorted(set(said_labels) - set(schema.labels))
    if unknown:
        raise NotTrainable(
            Told(
                "The source says “%(label)s”, which is no label of the workflow now. Register it again.",
                label=unknown[0],
            )
        )
    column = {label: i for i, label in enumerate(said_labels)}
    y = np.array([column.get(label, -1) for label in labels], dtype=np.intp)
    counts = Counter(labels)
    taught = [label for label in said_labels if counts[label] >= MIN_PER_LABEL]
    if len(taught) < 2:
        have = ", ".join(f"{label}: {counts[label]}" for label in said_labels)
        raise NotTrainable(
            Told(
                "A calibrator needs at least two labels with %(least)s answered cases each that came with"
                " scores of this source; there are %(have)s.",
                least=MIN_PER_LABEL,
                have=have,
            )
        )
    n_labels = len(said_labels)
    outputs = outputs_of(said_by(source, rows), n_labels)
    known = np.flatnonzero(y >= 0)
    with threadpool_limits(limits=1):
        folds = assign_folds(groups, y, N_FOLDS, np.random.default_rng(seed % 2**32))
        proba = np.empty((len(rows), n_labels))
        for fold in range(N_FOLDS):
            others = known[folds[known] != fold]
            fitted = fit_bcts(outputs[others], y[others], weights[others])
            proba[folds == fold] = probabilities(fitted.apply(outputs[folds == fold]))
        progress(Told("Fitting the calibrator on all of them"))
        calibration = fit_bcts(outputs[known], y[known], weights[known])
    served = SourceModel(
        tuple(said_labels), schema, schema.sha256(), source, about, calibration.temperature, calibration.bias
    )
    artifact = save_source(served)
    loaded = load_scorer(artifact)
    if not isinstance(loaded, SourceModel):
        raise RuntimeError("The calibrator's file was read as another kind.")
    gap = float(np.abs(loaded.predict_proba(rows) - served.predict_proba(rows)).max(initial=0.0))
    if not gap <= TOLERANCE:
        raise RuntimeError(f"The saved calibrator differs from the fitted one by {gap:g}.")
    measures = {name: report.measures(p, y, weights) for name, p in _ways(outputs, proba)}
    facts: dict[str, Any] = {
        "n_rows": len(labels),
        "n_unreadable": 0,
        "label_mix": {label: counts[label] for label in schema.labels},
        "left_out": {label: counts[label] for label in schema.labels if label not in column},
        "chosen": CALIBRATED,
        "candidates": [{"name": name, **one, "fit_seconds": 0.0} for name, one in measures.items()],
        "skipped": [],
        "baselines": {"majority": report.majority(y, weights), "logistic": None},
        "calibration": report.bins(proba, y),
        "risk_coverage": report.curve_points(proba, y, weights),
        "labels": report.per_label(proba, y, tuple(said_labels)),
        "verified": {"rows": len(rows), "largest_difference": gap, "tolerance": TOLERANCE},
        "explanations": {"method": "none", "n_rows": 0},
        "artifact_bytes": len(artifact),
        "lone_fields": [],
        "extras": [],
        "unread": [],
        "seed": seed,
        "source": {**about, "temperature": calibration.temperature, "bias": calibration.bias.tolist()},
    }
    return CalibratedSource(tuple(said_labels), served.schema_sha256, artifact, loaded, facts, proba)


def _ways(outputs: np.ndarray, calibrated: np.ndarray) -> Sequence[tuple[str, np.ndarray]]:
    return (AS_SENT, probabilities(outputs)), (CALIBRATED, calibrated)
