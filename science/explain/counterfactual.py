"""The smallest change of fields that would change the answer: found by scoring, and really scored again.

Greedy over values that other cases have, one batch of variants a step (after Wachter, Mittelstadt and
Russell, "Counterfactual explanations without opening the black box", 2018, who weigh distances by the median
absolute deviation): the cheapest single change that turns the answer, else the one that moves it most for
its cost, and on from there. Only fields that are `mutable` and may be shown are changed; a value that no case
had is never proposed. Which values are, and what they cost, each kind of field says (`science.kinds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from science.kinds.traits import Move
from science.serving.served_model import ServedModel

MAX_CHANGES = 3


@dataclass(frozen=True, slots=True)
class _Change:
    """One field set to one value: its name, where its raw column is, and the move."""

    name: str
    at: int
    move: Move


def flips(
    served: ServedModel, row: Mapping[str, object], *, target: str, texts: np.ndarray | None = None
) -> list[dict[str, Any]]:
    """At most one proposal: ``{"changes": [{"path", "from", "to"}], "label", "p"}``.

    `label` is what the model would say then and `p` what would be left of the target's probability. Empty
    where up to three changes do not turn the answer, or there is no field that may be changed.

    Parameters
    ----------
    target: what the model says of the case now. texts: (n_outputs,) what a linear model's text fields add,
        worked out if it is not given.
    """
    raw = served.raw([row])
    if np.isinf(raw).any():
        return []
    possible = _changes(served, raw[0])
    if served.is_linear and texts is None:
        texts = np.asarray(sum(block.outputs([row.get(block.name)])[0] for block in served.texts))
    k = served.labels.index(target)

    def scored(variants: np.ndarray) -> np.ndarray:
        outputs = served.outputs_of(variants)
        return served.proba_of(served.as_logits(outputs if texts is None else outputs + texts))

    made = _search(scored, raw[0], possible, k)
    if made is None:
        return []
    changed = {**row, **{change.name: change.move.value for change in made}}
    proba = served.predict_proba([changed])[0]
    best = int(proba.argmax())
    if best == k:  # never seen: the search scores the same numbers
        return []
    changes = [{"path": one.name, "from": row.get(one.name), "to": one.move.value} for one in made]
    return [{"changes": changes, "label": served.labels[best], "p": float(proba[k])}]


def _search(scored: Any, raw: np.ndarray, possible: Sequence[_Change], k: int) -> list[_Change] | None:
    """The changes that turn the answer away from column k; None when three do not."""
    made: list[_Change] = []
    current = raw.copy()
    p_now = float(scored(current[None])[0, k])
    for _ in range(MAX_CHANGES):
        free = [one for one in possible if all(one.at != other.at for other in made)]
        if not free:
            return None
        variants = np.tile(current, (len(free), 1))
        variants[np.arange(len(free)), [one.at for one in free]] = [one.move.raw for one in free]
        proba = scored(variants)
        cost = np.array([one.move.cost for one in free])
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


def _without_the_idle(made: list[_Change], scored: Any, raw: np.ndarray, k: int) -> list[_Change]:
    """Take back changes that were made on the way and are not needed in the end."""
    for change in list(made[:-1]):
        rest = [other for other in made if other is not change]
        variant = raw.copy()
        variant[[other.at for other in rest]] = [other.move.raw for other in rest]
        if scored(variant[None])[0].argmax() != k:
            made = rest
    return made


def _changes(served: ServedModel, raw: np.ndarray) -> list[_Change]:
    fields = {field.name: field for field in served.fields}
    possible: list[_Change] = []
    at = 0
    for column in served.table.columns:
        field, moves = fields[column.name], column.how.moves
        if moves is not None and field.mutable and field.show:
            seen = served.background[:, at]
            known = seen[~np.isnan(seen)]
            if len(known):
                possible += [_Change(field.name, at, move) for move in moves(field, column, raw[at], known)]
        at += len(column.codes)
    return possible
