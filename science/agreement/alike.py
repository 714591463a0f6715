"""Cases that a model finds nearly the same, and that people labelled differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from science.explain.precedents import index_precedents
from science.serving.served_model import ServedModel

NEARLY_THE_SAME = 0.95


@dataclass(frozen=True, slots=True)
class AlikePair:
    """Two cases, by their places, the one that came first first; `likeness` is at most 1."""

    first: int
    second: int
    likeness: float


def alike_pairs(
    served: ServedModel,
    rows: Sequence[Mapping[str, object]],
    *,
    likeness: float = NEARLY_THE_SAME,
    progress: Callable[[float], None] = lambda _: None,
) -> Iterator[AlikePair]:
    """Pair each case with the case before it that is most like it, if any is as like as asked for.

    Each case is the second of one pair at most, so that a text sent a hundred times makes 99 pairs and not
    4,950. Rows that the model cannot read are in none.
    """
    keys = [place.to_bytes(16, "big") for place in range(len(rows))]
    index = index_precedents(served, rows, [""] * len(rows), keys)
    places = np.array([int.from_bytes(key.tobytes(), "big") for key in index.keys], dtype=np.int64)
    for number, place in enumerate(places.tolist()):
        if number % 250 == 0:
            progress(number / len(places))
        like = index.likeness(served, rows[place])
        if like is None or not number:
            continue
        before = like[:number]
        nearest = int(before.argmax())
        if before[nearest] >= likeness:
            yield AlikePair(int(places[nearest]), place, min(1.0, float(before[nearest])))
