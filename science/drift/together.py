"""All fields together: can a classifier tell the cases of now from those before, and by what?

Each field may look as it did while their combination does not. A classifier is taught on every other day and
asked about the days between: so that what belongs to one day alone, such as a campaign, teaches it nothing
that helps. What it says is compared day by day.

It adds up what speaks for now: many small changes are found together. Two fields that only come in other
pairs than before, each as often as ever, are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from science.drift.cells import CategoryCells, NumberCells
from science.drift.days import DaysDiffer, days_differ

if TYPE_CHECKING:
    from science.drift.counting import Bins, Content, Files
    from science.fields import Schema

MIN_A_DAY = 20  # cases; a day with fewer is left out
N_SIGNS = 5
_SMALLEST_SHARE = 0.01  # of the cases, for a value or word to be read
_MAX_WORDS = 400


@dataclass(frozen=True, slots=True)
class Together:
    """What the classifier can tell.

    Attributes:
        auc: chance that of a case of now and one before, both of days it was not taught on, it takes the
            right one for newer; .5 is a coin.
        days: what it says of the days, on average.
        signs: what speaks for now, and what for before, the strongest first.
    """

    auc: float
    days: DaysDiffer
    signs: tuple[str, ...]


def together(features: np.ndarray, names: Sequence[str], day: np.ndarray, n_now: int) -> Together | None:
    """Let a classifier tell the last days from those before; None where there are too few.

    Args:
        features: (n_cases, n_features), in 0..1.
        day: of each case, (n_cases,); larger is later.
        n_now: how many of the days are "now".
    """
    days, counts = np.unique(day, return_counts=True)
    days = days[counts >= MIN_A_DAY]
    before, after = days[:-n_now], days[-n_now:]
    taught = {*before[::2].tolist(), *after[1::2].tolist()}
    asked_before = [one for one in before if one not in taught]
    asked_after = [one for one in after if one not in taught]
    is_taught = np.isin(day, list(taught))
    is_now = np.isin(day, after)
    if not days_differ([0.0] * len(asked_before), [0.0] * len(asked_after)).is_known:
        return None
    if len(set(is_now[is_taught].tolist())) < 2:
        return None
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=500)
    model.fit(features[is_taught], is_now[is_taught])
    said = model.decision_function(features)

    def of(some: Sequence[Any]) -> list[float]:
        return [float(said[day == one].mean()) for one in some]

    weights = model.coef_[0] * features.std(axis=0)
    order = np.argsort(-np.abs(weights), kind="stable")[:N_SIGNS]
    return Together(
        auc=_auc(said[np.isin(day, asked_before)], said[np.isin(day, asked_after)]),
        days=days_differ(of(asked_before), of(asked_after)),
        signs=tuple(
            f"{names[place]} {'more' if weights[place] > 0 else 'less'}" for place in order if weights[place]
        ),
    )


def _auc(before: np.ndarray, after: np.ndarray) -> float:
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([before, after]))[len(before) :]
    n, m = len(before), len(after)
    return float((ranks.sum() - m * (m + 1) / 2) / (n * m))


def features_of(
    bins: Bins, schema: Schema, contents: Sequence[Content], files: Files
) -> tuple[np.ndarray, list[str]]:
    """Return what is counted of each case as numbers in 0..1, (n_cases, n_features), and their names.

    Of a number where it lies among the cuts, whether it is missing; of a category and a text which of the
    values and words that some hold.
    """
    from science.drift.counting import values_of

    columns: list[np.ndarray] = []
    names: list[str] = []
    least = max(2, _SMALLEST_SHARE * len(contents))
    for field in schema.fields:
        measures = field.kind.traits.measured
        values = values_of(field, contents, files)
        read: Mapping[str, list[Any]] = measures.of(values, bins.words.get(field.name, frozenset()))
        for measure in measures.each:
            cells = bins.cells.get((field.name, measure.name))
            words = f"{field.name}: {measure.words}" if measure.words else field.name
            if isinstance(cells, NumberCells):
                columns += _numbers(cells, read[measure.name])
                names += [words, f"{words}, missing"]
            elif isinstance(cells, CategoryCells):
                _add(
                    columns,
                    names,
                    words,
                    [{str(v)} if v is not None else set() for v in read[measure.name]],
                    least,
                )
        if measures.has_vocabulary:
            texts = [set(str(v).lower().split()) if isinstance(v, str) else set() for v in values]
            _add(columns, names, f"{field.name}: the word", texts, least, most=_MAX_WORDS)
    if not columns:
        return np.zeros((len(contents), 0)), names
    return np.stack(columns, axis=1), names


def _numbers(cells: NumberCells, values: Sequence[Any]) -> list[np.ndarray]:
    given = np.array([np.nan if v is None else float(v) for v in values])
    known = ~np.isnan(given)
    place = np.searchsorted(np.asarray(cells.cuts), np.where(known, given, 0.0)) / max(1, len(cells.cuts))
    return [np.where(known, place, 0.5), (~known).astype(np.float64)]


def _add(
    columns: list[np.ndarray],
    names: list[str],
    words: str,
    held: Sequence[set[str]],
    least: float,
    most: int = 60,
) -> None:
    """One column for each value that enough cases hold."""
    seen = Counter(value for some in held for value in some)
    frequent = sorted(
        (value for value in seen if least <= seen[value] < len(held)), key=lambda v: (-seen[v], v)
    )
    for value in frequent[:most]:
        columns.append(np.array([value in some for some in held], dtype=np.float64))
        names.append(f"{words} “{value[:40]}”")
