"""The smallest change of fields that would change the answer: found by scoring, and really scored again.

Greedy over values that other cases have, one batch of variants a step (after Wachter, Mittelstadt and
Russell, "Counterfactual explanations without opening the black box", 2018, who weigh distances by the median
absolute deviation): the cheapest single change that turns the answer, else the one that moves it most for
its cost, and on from there. Only fields that are `mutable` and may be shown are changed; a value that no case
had is never proposed. Dates are left alone: a weekday cannot be changed without its day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from science.fields import Field, Kind
from science.serving.served_model import ServedModel, softmax
from science.serving.table import Column

MAX_CHANGES = 3
_VALUES = 12  # tried per field
_FARTHEST = 6.0  # median absolute deviations after which a number costs no more
_KINDS = (Kind.NUMBER, Kind.CATEGORY, Kind.BOOLEAN)


@dataclass(frozen=True, slots=True)
class _Move:
    """One field set to one value: where its raw column is, what it becomes, what that costs."""

    field: Field
    at: int
    raw: float
    value: float | str | bool
    cost: float


def flips(
    plan: ServedModel, row: Mapping[str, object], *, target: str, texts: np.ndarray | None = None
) -> list[dict[str, Any]]:
    """At most one proposal: ``{"changes": [{"path", "from", "to"}], "label", "p"}``.

    `label` is what the model would say then and `p` what would be left of the target's probability. Empty
    where up to three changes do not turn the answer, or there is no field that may be changed.

    Parameters
    ----------
    target: what the model says of the case now. texts: (n_outputs,) what a linear model's text fields add,
        worked out if it is not given.
    """
    raw = plan.raw([row])
    if np.isinf(raw).any():
        return []
    moves = _moves(plan, row, raw[0])
    if plan.is_linear and texts is None:
        texts = np.asarray(sum(block.outputs([row.get(block.name)])[0] for block in plan.texts))
    k = plan.labels.index(target)

    def scored(variants: np.ndarray) -> np.ndarray:
        outputs = plan.outputs_of(variants)
        return softmax(plan.as_logits(outputs if texts is None else outputs + texts))

    made = _search(scored, raw[0], moves, k)
    if made is None:
        return []
    changed = {**row, **{move.field.name: move.value for move in made}}
    proba = plan.predict_proba([changed])[0]
    best = int(proba.argmax())
    if best == k:  # never seen: the search scores the same numbers
        return []
    changes = [{"path": move.field.name, "from": row.get(move.field.name), "to": move.value} for move in made]
    return [{"changes": changes, "label": plan.labels[best], "p": float(proba[k])}]


def _search(scored: Any, raw: np.ndarray, moves: Sequence[_Move], k: int) -> list[_Move] | None:
    """The changes that turn the answer away from column k; None when three do not."""
    made: list[_Move] = []
    current = raw.copy()
    p_now = float(scored(current[None])[0, k])
    for _ in range(MAX_CHANGES):
        free = [move for move in moves if all(move.at != other.at for other in made)]
        if not free:
            return None
        variants = np.tile(current, (len(free), 1))
        variants[np.arange(len(free)), [move.at for move in free]] = [move.raw for move in free]
        proba = scored(variants)
        cost = np.array([move.cost for move in free])
        turned = proba.argmax(axis=1) != k
        if turned.any():
            cheapest = int(np.flatnonzero(turned)[np.argmin(cost[turned])])
            return _without_the_idle([*made, free[cheapest]], scored, raw, k)
        best = int(np.argmax((p_now - proba[:, k]) / (cost + 0.25)))
        if proba[best, k] >= p_now:
            return None
        made.append(free[best])
        current, p_now = variants[best], float(proba[best, k])
    return None


def _without_the_idle(made: list[_Move], scored: Any, raw: np.ndarray, k: int) -> list[_Move]:
    """Take back changes that were made on the way and are not needed in the end."""
    for move in list(made[:-1]):
        rest = [other for other in made if other is not move]
        variant = raw.copy()
        variant[[other.at for other in rest]] = [other.raw for other in rest]
        if scored(variant[None])[0].argmax() != k:
            made = rest
    return made


def _moves(plan: ServedModel, row: Mapping[str, object], raw: np.ndarray) -> list[_Move]:
    fields = {field.name: field for field in plan.fields}
    moves: list[_Move] = []
    at = 0
    for column in plan.table.columns:
        field = fields[column.name]
        if field.kind in _KINDS and field.mutable and field.show:
            moves += _moves_of(field, column, at, raw[at], plan.background[:, at])
        at += len(column.codes)
    return moves


def _moves_of(field: Field, column: Column, at: int, own: float, seen: np.ndarray) -> list[_Move]:
    known = seen[~np.isnan(seen)]
    if not len(known):
        return []
    if field.kind is Kind.CATEGORY:
        codes, counts = np.unique(known.astype(int), return_counts=True)
        common = codes[np.argsort(-counts, kind="stable")][:_VALUES].tolist()
        # The last code may stand for many rare values, which is no value to propose.
        return [
            _Move(field, at, float(code), column.values[code], 1.0)
            for code in common
            if code < len(column.values) and code != own
        ]
    if field.kind is Kind.BOOLEAN:
        return [
            _Move(field, at, value, bool(value), 1.0) for value in np.unique(known).tolist() if value != own
        ]
    wanted = np.quantile(known, np.linspace(0.02, 0.98, _VALUES), method="nearest")
    low = -np.inf if field.minimum is None else field.minimum
    high = np.inf if field.maximum is None else field.maximum
    middle = float(np.median(known))
    scale = float(np.median(np.abs(known - middle))) or float(known.std()) or 1.0
    return [
        _Move(field, at, value, value, _cost(value, own, scale))
        for value in np.unique(wanted).tolist()
        if value != own and low <= value <= high
    ]


def _cost(value: float, own: float, scale: float) -> float:
    return 1.0 if np.isnan(own) else 0.25 + min(abs(value - own) / scale, _FARTHEST) / 2
