"""Evidence in table fields: exchange a field with typical cases and see what happens.

For each field, the case with that field replaced by a background row's, and the background row with
that field replaced by the case's; half the sum of both changes, averaged over the background rows.
For models with at most pairwise interactions this is exactly the interventional Shapley value
(Lundberg and Lee, NeurIPS 2017; two ends suffice because only pairs interact), and what is left over
says how far a model is from that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from science.serving.served_model import Linear, ServedModel


def field_scores(
    served: ServedModel, raw: np.ndarray, fields: Sequence[str], direction: np.ndarray
) -> tuple[np.ndarray, float]:
    """The log-odds each field moved, and the background's mean log-odds.

    Parameters
    ----------
    raw: (n_raw,) raw columns of the case. fields: names to score. direction: (n_outputs,).

    Returns
    -------
    scores: (n_fields,). base: mean over the background of the raw columns' own log-odds.
    """
    groups = np.array(served.raw_groups)
    columns = [np.flatnonzero(groups == name) for name in fields]
    if isinstance(served.head, Linear):
        return _linear_scores(served.head, served.background, raw, columns, direction)
    background = served.background
    n, n_fields = len(background), len(fields)
    case = np.tile(raw, (n_fields * n, 1))
    others = np.tile(background, (n_fields, 1))
    for i, own in enumerate(columns):
        rows = np.arange(i * n, (i + 1) * n)[:, None]
        case[rows, own] = background[:, own]
        others[rows, own] = raw[own]
    margins = served.outputs_of(np.concatenate([raw[None], background, case, others])) @ direction
    whole, base = margins[0], margins[1 : 1 + n]
    taken = margins[1 + n : 1 + n + n_fields * n].reshape(n_fields, n)
    given = margins[1 + n + n_fields * n :].reshape(n_fields, n)
    return ((whole - taken) + (given - base)).mean(axis=1) / 2, float(base.mean())


def _linear_scores(
    head: Linear, background: np.ndarray, raw: np.ndarray, columns: list[np.ndarray], direction: np.ndarray
) -> tuple[np.ndarray, float]:
    """The same in closed form: weight times distance from the background's mean."""
    expanded = head.expansion.apply(np.concatenate([raw[None], background]))
    weights = direction @ head.weights
    usual = expanded[1:].mean(axis=0)
    moved = weights * (expanded[0] - usual)
    sources = head.expansion.sources
    scores = np.array([moved[np.isin(sources, own)].sum() for own in columns])
    return scores, float(weights @ usual + direction @ head.intercept)
