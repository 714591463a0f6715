"""Cases that a model finds alike, in groups: leader clustering on the model's own vectors.

The first case that is in no group leads one of its own and gathers everything at least `LIKENESS` like it
(Hartigan, "Clustering Algorithms", 1975, chapter 3). One pass, the same result for the same order, and every
member is as like its leader as was asked for, which no method of means or chains can promise.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from science.explain.precedents import index_precedents
from science.serving.served_model import ServedModel

LIKENESS = 0.5
MAX_LEADERS = 200


def clusters(
    served: ServedModel, rows: Sequence[Mapping[str, object]], *, likeness: float = LIKENESS, least: int = 2
) -> list[np.ndarray]:
    """Group rows, the largest group first; of one size, the one whose leader comes first.

    A row is in one group at most; rows that the model cannot read are in none. Groups of fewer than `least`
    are left out, and whatever is left after `MAX_LEADERS` leaders.

    Parameters
    ----------
    rows: n_rows, in the order in which they may lead.

    Returns
    -------
    Places in `rows`, each group's leader first, then the others in their order.
    """
    keys = [place.to_bytes(16, "big") for place in range(len(rows))]
    index = index_precedents(served, rows, [""] * len(rows), keys)
    places = np.array([int.from_bytes(key.tobytes(), "big") for key in index.keys], dtype=np.int64)
    is_free = np.ones(len(places), dtype=bool)
    groups: list[np.ndarray] = []
    for _ in range(MAX_LEADERS):
        if not is_free.any():
            break
        leader = int(is_free.argmax())
        like = index.likeness(served, rows[places[leader]])
        members = is_free & (like >= likeness) if like is not None else np.zeros_like(is_free)
        members[leader] = False
        is_free[members] = is_free[leader] = False
        group = np.concatenate([places[leader : leader + 1], places[members]])
        if len(group) >= least:
            groups.append(group)
    return sorted(groups, key=lambda group: -len(group))
