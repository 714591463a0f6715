"""Join a model with one elsewhere that speaks only of what the first is not sure of.

The first keeps the cases of which it would decide at most `share` wrongly; the second is calibrated on the
others alone, since what is hard for one is often hard for both. Where one ends and the other begins is no
promise: cutoffs, certificates and audits judge what both say together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from science.fields import Schema
from science.pipelines import report
from science.pipelines.calibrate import CalibratedSource, calibrate
from science.pipelines.errors import NotTrainable
from science.pipelines.train import TrainedModel
from science.serving.cascade import Cascade, in_labels, is_left
from science.serving.source import Row, said_by
from science.serving.store import load_scorer, save_cascade
from science.told import Told


@dataclass(frozen=True, slots=True)
class CascadedModel:
    """A model and one elsewhere that may be registered as one, as `science.pipelines.TrainedModel`."""

    labels: tuple[str, ...]
    schema_sha256: str
    artifact: bytes
    served: Cascade
    report: dict[str, Any]
    oof_proba: np.ndarray


ALONE, CASCADE = "the local model alone", "both, one after the other"


def cascade(
    first: TrainedModel,
    rows: Sequence[Row],
    labels: Sequence[str],
    schema: Schema,
    *,
    share: float,
    source: str,
    about: Mapping[str, Any],
    said_labels: Sequence[str],
    seed: int,
    weights: np.ndarray,
    groups: np.ndarray,
    judged: np.ndarray,
    progress: Callable[[str], None] = lambda _: None,
) -> CascadedModel:
    """Join `first` with the source.

    Parameters
    ----------
    first: trained on these rows. rows, labels: labelled cases, some with a usable score of the source. share:
        the largest share of wrong answers among what the first keeps. source, about, said_labels, seed,
        weights, groups: as `science.pipelines.calibrate`. judged: (n_rows,) bool, the cases by which both are
        judged: those of which the source could have been asked.

    Raises
    ------
    NotTrainable: the first is sure enough of nothing, or leaves too little to fit the second's calibrator on.

    Notes
    -----
    All is out of fold: a case is kept or left by a model of other groups, and its probability comes from a
    calibrator of other groups. A case that is left and came without a score is nobody's: people decide it.
    """
    unusable = first.served.unusable(rows)
    own = np.where(np.array([why is None for why in unusable])[:, None], first.oof_proba, np.nan)
    threshold = sure_from(own, np.array([_column(first.labels, one) for one in labels]), weights, share)
    left = is_left(own, threshold)
    said = np.array([one.proba is not None for one in said_by(source, rows)], dtype=bool)
    places = np.flatnonzero(left & said)
    chosen = places.tolist()
    progress(Told("The local model keeps %(share)s of the cases", share=f"{100 * (1 - left.mean()):.0f} %"))
    second = calibrate(
        [rows[i] for i in chosen],
        [labels[i] for i in chosen],
        schema,
        source=source,
        about=about,
        said_labels=said_labels,
        seed=seed,
        weights=weights[places],
        groups=groups[places],
    )
    both = tuple(label for label in schema.labels if label in {*first.labels, *second.labels})
    alone = in_labels(own, first.labels, both)
    proba = alone.copy()
    proba[left] = np.nan
    proba[places] = in_labels(second.oof_proba, second.labels, both)
    artifact = save_cascade(both, threshold, first=first.artifact, second=second.artifact)
    served = load_scorer(artifact)
    if not isinstance(served, Cascade) or served.threshold != threshold:
        raise RuntimeError("The cascade's file was read as another one.")
    y = np.array([_column(both, one) for one in labels])
    seen = np.flatnonzero(judged)
    if not len(seen):
        raise NotTrainable(Told("No labelled case has come in since the model elsewhere is listened to."))
    facts = _facts(first, second, both, labels, seen, y, alone, proba, weights)
    facts["artifact_bytes"] = len(artifact)
    facts["cascade"] = {
        "threshold": threshold,
        "share": share,
        "left": _mean(left, seen, weights),
        "unsaid": _mean(left & ~said, seen, weights),
    }
    return CascadedModel(both, served.schema_sha256, artifact, served, facts, proba)


def sure_from(proba: np.ndarray, y: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Return the least confidence from which on the estimated share of wrong answers is at most `share`.

    Parameters: probabilities (n_rows, n_labels), NaN where there is none; columns of the true labels, -1 for
    none of them; weights, both (n_rows,). One wrong answer of mean weight is counted on top, so that a few
    right ones do not pass for certainty.

    Raises
    ------
    NotTrainable: there is no such confidence.

    >>> p = np.array([[.1, .9]] * 300 + [[.4, .6]] * 100)
    >>> y = np.array([1] * 300 + [0, 1] * 50)
    >>> sure_from(p, y, np.ones(400), .005)
    0.9
    """
    scored = np.flatnonzero(~np.isnan(proba).any(axis=1))
    score, wrong = proba[scored].max(axis=1), proba[scored].argmax(axis=1) != y[scored]
    order = np.argsort(-score, kind="stable")
    score, weight = score[order], weights[scored][order]
    one = weight.mean() if len(weight) else 1.0
    estimate = ((weight * wrong[order]).cumsum() + one) / (weight.cumsum() + one)
    is_last = np.append(score[1:] != score[:-1], True)[: len(score)]  # equal scores stay together
    fine = np.flatnonzero((estimate <= share) & is_last)
    if not len(fine):
        raise NotTrainable(
            Told(
                "The local model is sure of no cases with at most %(share)s wrong among them, so it would"
                " leave all to the model elsewhere: fit that one alone, or label more cases.",
                share=f"{100 * share:g} %",
            )
        )
    return float(score[fine[-1]])


def _column(labels: Sequence[str], label: str) -> int:
    return labels.index(label) if label in labels else -1


def _mean(which: np.ndarray, places: np.ndarray, weights: np.ndarray) -> float:
    return float(which[places] @ weights[places] / weights[places].sum())


def _facts(
    first: TrainedModel,
    second: CalibratedSource,
    both: tuple[str, ...],
    labels: Sequence[str],
    seen: np.ndarray,
    y: np.ndarray,
    alone: np.ndarray,
    proba: np.ndarray,
    weights: np.ndarray,
) -> dict[str, Any]:
    """The report of both, of the cases they are judged by; what is in a file is told by its model's own."""
    y, alone, proba, weights = y[seen], alone[seen], proba[seen], weights[seen]
    answers = Counter(labels[i] for i in seen.tolist())
    counts = {label: answers[label] for label in second.served.schema.labels}
    ways = (ALONE, alone), (CASCADE, proba)
    told = {
        "n_rows": len(seen),
        "label_mix": counts,
        "left_out": {label: n for label, n in counts.items() if label not in both},
        "chosen": CASCADE,
        "candidates": [
            {"name": name, **report.measures(p, y, weights), "fit_seconds": 0.0} for name, p in ways
        ],
        "skipped": [],
        "baselines": {"majority": report.majority(y, weights), "logistic": None},
        "calibration": report.bins(proba, y),
        "risk_coverage": report.curve_points(proba, y, weights),
        "labels": report.per_label(proba, y, both),
        "source": second.report["source"],
        "own": {"chosen": first.report["chosen"], "n_rows": first.report["n_rows"]},
        "error_where_known": None,
    }
    return {**first.report, **told}
