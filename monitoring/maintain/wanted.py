"""The next cases worth a label: unsure ones, of kinds that come in often and in which the model errs.

A case is worth the chance that its answer corrects the model, times how many like it wait, a group's second
case less than its first: what one label of a group teaches, the next teaches less. Where a slice surely errs
more than the rest, its cases count as many times more as it errs.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models_store.rows import rows_for
from monitoring.maintain.evidence import Waiting
from monitoring.maintain.slices import Cut
from science.explain.clusters import clusters
from science.fields import Schema
from science.serving import ServedModel

N_WANTED = 100
MAX_GROUPED = 4_000  # the least sure, that are looked at for their likeness
MAX_TIMES = 5.0


def wanted_found(
    rows: Waiting,
    schema: Schema,
    served: ServedModel | None,
    cuts: Sequence[Cut],
    found: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Choose the next cases, each with its reasons, and say what their answers would buy."""
    n = min(len(rows.task_ids), MAX_GROUPED)
    unsure = 1 - rows.confidences[:n]
    group = _groups(rows, schema, served, n)
    sizes = np.bincount(group, minlength=n)[group] if n else np.zeros(0)
    weak, times = _in_weak_slices(cuts, found, n)
    worth = unsure * np.sqrt(np.maximum(sizes, 1)) * times
    chosen = _chosen(worth, group)
    corrections = float(unsure[chosen].sum())
    everywhere = float((1 - rows.confidences).mean()) if len(rows.confidences) else 0.0
    return {
        "waiting": rows.n_all,
        "corrections": corrections,
        "in_order": everywhere * len(chosen),
        "weak": [
            [words, n] for words, n in Counter(words for place in chosen for words in weak[place]).items()
        ],
        "cases": [
            {
                "task": str(rows.task_ids[place]),
                "case": str(rows.case_ids[place]),
                "suggestion": rows.suggestions[place],
                "confidence": float(rows.confidences[place]),
                "alike": int(sizes[place]) - 1,
                "slices": weak[place],
            }
            for place in chosen
        ],
    }


def _groups(rows: Waiting, schema: Schema, served: ServedModel | None, n: int) -> np.ndarray:
    """Return the group of each case, by number; what is like nothing is a group of its own."""
    group = np.arange(n)
    if served is not None and n:
        for members in clusters(served, rows_for(rows.contents[:n], schema)):
            group[members] = members[0]
    return group


def _in_weak_slices(
    cuts: Sequence[Cut], found: Sequence[Mapping[str, Any]], n: int
) -> tuple[list[list[str]], np.ndarray]:
    """Return of each case the slices that surely err more, and how many times more the worst of them errs."""
    members = {(cut.kind, cut.words): cut.waiting[:n] for cut in cuts}
    weak: list[list[str]] = [[] for _ in range(n)]
    times = np.ones(n)
    for one in found:
        own = members.get((one["kind"], one["words"]))
        if not one["is_worse"] or own is None:
            continue
        ratio = min(MAX_TIMES, one["error"] / max(one["elsewhere"], 1e-3))
        times = np.where(own, np.maximum(times, ratio), times)
        for place in np.flatnonzero(own):
            weak[place].append(one["words"])
    return weak, times


def _chosen(worth: np.ndarray, group: np.ndarray) -> list[int]:
    """Take the most worth first; the k-th of a group counts for a k-th of its worth."""
    taken: dict[int, int] = defaultdict(int)
    left = worth.astype(float).copy()
    chosen: list[int] = []
    for _ in range(min(N_WANTED, len(worth))):
        place = int(left.argmax())
        chosen.append(place)
        own = int(group[place])
        taken[own] += 1
        members = group == own
        left[members] = worth[members] / (taken[own] + 1)
        left[chosen] = -1.0
    return chosen
