"""Score cases with a model, whatever some of them do to it: none holds up the others."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models_store.rows import Row, rows_for
from science.decision_terms import Reason
from science.fields import Schema
from science.serving import ScoreSource

MAX_FAILURES = 60  # of scoring a part of a batch: three odd cases among ten thousand are found by then

Content = Mapping[str, Any]


def score_rows(served: ScoreSource, rows: Sequence[Row]) -> tuple[np.ndarray, list[Reason | None]]:
    """Return probabilities of shape (n_cases, n_labels), and why some of them may not be used."""
    return served.scored(rows)


def score_contents(
    served: ScoreSource, contents: Sequence[Content], schema: Schema
) -> tuple[np.ndarray, list[Reason | None]]:
    """As `score_rows`, of contents whose media are read first."""
    return score_rows(served, rows_for(contents, schema))


def score_around_failures(served: ScoreSource, rows: Sequence[Row]) -> tuple[np.ndarray, list[Reason | None]]:
    """Score by halves; NaN for the cases that fail by themselves, and for the rest after many failures."""
    proba = np.full((len(rows), len(served.labels)), np.nan)
    unusable: list[Reason | None] = [None] * len(rows)
    open_parts, failures = [range(len(rows))], 0
    while open_parts and failures < MAX_FAILURES:
        part = open_parts.pop()
        try:
            here = slice(part.start, part.stop)
            proba[here], unusable[here] = score_rows(served, rows[here])
        except Exception:
            failures += 1
            if len(part) > 1:
                half = len(part) // 2
                open_parts += [part[half:], part[:half]]
    return proba, unusable
