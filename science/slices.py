"""Where a model errs most: shares of wrong answers by field, by length and by label, with honest intervals.

Slices are made from the schema alone, never searched for in the errors; still the worst of many is looked at,
so their intervals hold together (Bonferroni): with 95 % confidence all of them cover at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from science.fields import Schema
from science.intervals import wilson_interval
from science.kinds.traits import Common
from science.paired import paired_difference

MIN_CASES = 30  # cases in a slice; of fewer nothing can be said
CONFIDENCE = 0.95


def slices_of(
    rows: Sequence[Mapping[str, object]],
    wrong: np.ndarray,
    labels: Sequence[str],
    schema: Schema,
    *,
    most: int = 8,
) -> dict[str, Any]:
    """The slices with the most wrong answers.

    Parameters
    ----------
    rows: n_cases. wrong: (n_cases,) bool. labels: what people said of each.

    Returns
    -------
    ``{"n", "wrong", "n_slices", "worst"}``, where worst is a list of ``{"field", "slice", "n", "wrong",
    "low", "high", "majority_wrong", "surely_worse"}``: the worst first, by the lower end of their interval;
    `slice` is what its cases have in common, `majority_wrong` the share that its commonest label would get
    wrong, and `surely_worse` by how much more the model errs at the least (negative: perhaps it does not),
    both judged on the same cases.

    >>> from science.fields import Field, Kind
    >>> schema = Schema((Field("shop", Kind("category")),), ("a", "b"))
    >>> rows = [{"shop": "north" if i % 2 else "south"} for i in range(200)]
    >>> found = slices_of(rows, np.arange(200) % 4 == 1, ["a"] * 200, schema)
    >>> [(one["field"], one["slice"].value, one["wrong"]) for one in found["worst"]][0]
    ('shop', 'north', 0.5)
    """
    wrong = np.asarray(wrong, dtype=bool)
    true = np.array(labels, dtype=object)
    found = [
        (name, common, own) for name, common, own in _slices(rows, true, schema) if own.sum() >= MIN_CASES
    ]
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(found))
    told: list[dict[str, Any]] = []
    for name, common, own in found:
        n, share = int(own.sum()), float(wrong[own].mean())
        if n == len(rows):
            continue
        low, high = wilson_interval(share, n, confidence)
        commonest = Counter(true[own].tolist()).most_common(1)[0][0]
        missed = true[own] != commonest
        told.append(
            {
                "field": name, "slice": common, "n": n, "wrong": share, "low": low, "high": high,
                "majority_wrong": float(missed.mean()),
                "surely_worse": paired_difference(wrong[own], missed, confidence=confidence).low,
            }
        )  # fmt: skip
    told.sort(key=lambda one: (-one["low"], -one["wrong"], one["field"], _order(one["slice"])))
    return {
        "n": len(rows),
        "wrong": float(wrong.mean()) if len(wrong) else 0.0,
        "n_slices": len(told),
        "worst": told[:most],
    }


def _slices(
    rows: Sequence[Mapping[str, object]], labels: np.ndarray, schema: Schema
) -> Iterator[tuple[str, Common, np.ndarray]]:
    """Field, what is common, and members (n_cases,) of every slice; the field "" stands for the label."""
    for label in sorted(set(labels.tolist())):
        yield "", Common("label", label), labels == label
    for field in schema.fields if rows else ():
        slices = field.kind.traits.slices
        if not field.show or slices is None:
            continue
        values = [row.get(field.name) for row in rows]
        absent = np.array([value is None or value == "" for value in values], dtype=bool)
        yield field.name, Common("missing"), absent
        for common, own in slices(values):
            yield field.name, common, own & ~absent


def _order(common: Common) -> tuple[str, str, float]:
    return common.what, common.value, -np.inf if common.low is None else common.low
