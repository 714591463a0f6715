"""How far back a model learns: from the labels whose model says the latest ones best (ADR 0063).

Labels from before a change teach what is no longer true. Where a boundary had turned by 60 degrees, a model
of 3,500 labels from before and 200 from after automated 4 % of new cases at 5 % errors, one of the 200 alone
77 %; where nothing had changed, leaving the older ones out cost 14 points. So what there is to choose from is
fixed beforehand: all labels, those since the last alarm, and the latest half, quarter and eighth. A shorter
window is taken only where it says the latest labels better by more than chance explains.

Source: choosing a training window by its error on the latest cases, Klinkenberg and Joachims (2000),
"Detecting concept drift with support vector machines".
"""

from collections.abc import Mapping, Sequence

import numpy as np

from science.fields import Schema
from science.pipelines.candidates import candidates_for
from science.pipelines.errors import NotTrainable
from science.pipelines.folds import assign_folds
from science.pipelines.train import N_FOLDS, prepared, try_candidate

MIN_LATEST, MAX_LATEST = 150, 1_000  # labels that the windows are judged by
PARTS = (2, 4, 8)
SURE = 2.0  # standard errors by which a shorter window must be better
_LEAST = 1e-3  # probability: what is thought impossible costs no more than this
_BUDGET = 5.0  # CPU seconds one window may cost: where texts are many, all labels teach


def window_start(
    rows: Sequence[Mapping[str, object]],
    labels: Sequence[str],
    schema: Schema,
    *,
    seed: int,
    weights: np.ndarray,
    groups: np.ndarray,
    changed_at: int | None = None,
    unread: Sequence[str] = (),
) -> int:
    """Return the place of the first row that a model should learn from; 0 where all of them should.

    Args:
        rows, labels: in the order in which the labels were given.
        weights, groups: as for `train`, shape (n_rows,).
        changed_at: place of the first row from after the last alarm; None where there was none.
    """
    n = len(rows)
    since_alarm = n - changed_at if changed_at is not None else 0
    n_latest = min(MAX_LATEST, since_alarm if since_alarm >= MIN_LATEST else n // max(PARTS))
    if n_latest < MIN_LATEST:
        return 0
    starts = {n - n // part for part in PARTS if n // part >= n_latest}
    starts |= {changed_at} if changed_at is not None and since_alarm >= MIN_LATEST else set()
    costs = {}
    for start in (0, *sorted(starts - {0})):
        found = _cost_of_latest(
            rows[start:], labels[start:], schema, n_latest, seed, weights[start:], groups[start:], unread
        )
        if found is None and start == 0:
            return 0
        if found is not None:
            costs[start] = found
    best = min(costs, key=lambda start: float(costs[start].mean()))
    gain = costs[0] - costs[best]
    spread = float(gain.std(ddof=1)) / np.sqrt(n_latest)
    return best if gain.mean() > SURE * spread else 0


def _cost_of_latest(
    rows: Sequence[Mapping[str, object]],
    labels: Sequence[str],
    schema: Schema,
    n_latest: int,
    seed: int,
    weights: np.ndarray,
    groups: np.ndarray,
    unread: Sequence[str],
) -> np.ndarray | None:
    """Log loss of the latest rows out of fold, shape (n_latest,); None where the rows teach no model."""
    try:
        data = prepared(rows, labels, schema, weights, unread, groups=groups)
    except NotTrainable:
        return None
    simplest = candidates_for(data)[0]
    if simplest.cost(data) > _BUDGET:
        return None
    folds = assign_folds(data.groups, data.learnable, N_FOLDS, np.random.default_rng(seed % 2**32))
    proba = try_candidate(simplest, data, folds, seed % 2**32).proba[-n_latest:]
    truth = data.y[-n_latest:]
    said = np.where(truth >= 0, proba[np.arange(n_latest), np.maximum(truth, 0)], 0.0)
    return np.asarray(-np.log(np.maximum(np.nan_to_num(said), _LEAST)))
