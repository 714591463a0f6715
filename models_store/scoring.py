"""Score cases with a model, whatever some of them do to it: none holds up the others."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models_store.rows import Row, rows_for
from science.fields import Schema
from science.serving import ServedModel

MAX_FAILURES = 60  # of scoring a part of a batch: three odd cases among ten thousand are found by then

Content = Mapping[str, Any]


def score_rows(plan: ServedModel, rows: Sequence[Row]) -> tuple[np.ndarray, list[bool]]:
    """Return probabilities of shape (n_cases, n_labels), and which cases the model cannot read."""
    misfits = plan.fits(rows)
    return plan.predict_proba(rows), [misfit is not None for misfit in misfits]


def score_contents(
    plan: ServedModel, contents: Sequence[Content], schema: Schema
) -> tuple[np.ndarray, list[bool]]:
    """As `score_rows`, of contents whose media are read first."""
    return score_rows(plan, rows_for(contents, schema))


def score_around_failures(plan: ServedModel, rows: Sequence[Row]) -> tuple[np.ndarray, list[bool]]:
    """Score by halves; NaN for the cases that fail by themselves, and for the rest after many failures."""
    proba = np.full((len(rows), len(plan.labels)), np.nan)
    unfit = [False] * len(rows)
    open_parts, failures = [range(len(rows))], 0
    while open_parts and failures < MAX_FAILURES:
        part = open_parts.pop()
        try:
            here = slice(part.start, part.stop)
            proba[here], unfit[here] = score_rows(plan, rows[here])
        except Exception:
            failures += 1
            if len(part) > 1:
                half = len(part) // 2
                open_parts += [part[half:], part[:half]]
    return proba, unfit
