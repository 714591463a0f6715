"""What a fixed cutoff would have done: the first model, its cutoff read off the history, nobody watching."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models_store.models import Release
from models_store.rows import rows_for
from models_store.selectors import evaluation_of
from models_store.services.evaluation import best_of
from models_store.serving import served_model
from science.fields import Schema

_CHUNK = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class FirstModel:
    """What the first release says of cases, shape (n_cases,) each: a label, and how sure it is (NaN: not)."""

    predicted: np.ndarray
    scores: np.ndarray


def ask(release: Release, contents: Sequence[Mapping[str, Any]], schema: Schema) -> FirstModel:
    """Let a release score cases, as it would have at any time: it never changes."""
    served = served_model(release.id)
    labels = np.array(served.labels, dtype=object)
    predicted, scores = [], []
    for first in range(0, len(contents), _CHUNK):
        rows = rows_for(contents[first : first + _CHUNK], schema)
        proba = served.predict_proba(rows)
        unfit = [why is not None for why in served.unusable(rows)]
        proba[unfit] = np.nan
        column, sure = best_of(proba)
        predicted.append(labels[column])
        scores.append(sure)
    if not predicted:
        return FirstModel(np.empty(0, dtype=object), np.empty(0))
    return FirstModel(np.concatenate(predicted), np.concatenate(scores))


def fixed_cutoff(release: Release, *, target: float) -> float | None:
    """Return the loosest cutoff whose share of errors on the history meets the target; None: there is none.

    The history is judged by models that had not seen it, as for a certificate; what is missing is the doubt.
    """
    evaluation = evaluation_of(release.id)
    if evaluation is None:
        return None
    known = np.isfinite(evaluation.scores)
    order = np.argsort(-evaluation.scores[known], kind="stable")
    scores, wrong = evaluation.scores[known][order], evaluation.wrong[known][order]
    share = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    last_of_ties = np.append(np.diff(scores) != 0, True)
    good = np.flatnonzero((share <= target) & last_of_ties)
    return float(scores[good[-1]]) if good.size else None
