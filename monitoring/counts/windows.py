"""Sums of hours: what fell into each cell between two moments."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from hitl.shared.statements import statements_beside
from monitoring.types import CountFamily
from science.drift.counting import Key

_SQL = statements_beside(__file__)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Counts of equally long blocks of time, oldest first.

    Attributes:
        starts: of each block.
        counts: by field and measure, (n_blocks, n_cells); zeros where nothing came in.
    """

    starts: tuple[datetime, ...]
    counts: dict[Key, np.ndarray]


def blocks(
    workflow_id: UUID,
    family: CountFamily,
    *,
    until: datetime,
    length: timedelta,
    n: int,
    binning_id: UUID | None = None,
    release_id: UUID | None = None,
    any_release: bool = True,
    measures: Sequence[str] | None = None,
    field: str | None = None,
) -> Blocks:
    """Return the counts of the last `n` blocks that end at `until`, a full hour.

    Args:
        length: of a block, in full hours.
        binning_id: of inputs; outputs and people have fixed cells.
        release_id, any_release: count what one release scored, or everything.
    """
    first = until - n * length
    asked: dict[str, Any] = {
        "workflow": workflow_id,
        "family": family.value,
        "first": first,
        "last": until,
        "seconds": length.total_seconds(),
        "release": release_id,
        "any_release": any_release,
        "binning": binning_id,
        "measures": None if measures is None else list(measures),
        "field": field,
    }
    rows: dict[Key, list[tuple[int, np.ndarray]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["hour_counts"].text, asked)
        for name, measure, block, text in cursor.fetchall():
            rows[name, measure].append((block, np.array(text.split(","), dtype=np.int64)))
    counts = {}
    for key, parts in rows.items():
        width = max(len(counted) for _, counted in parts)
        table = np.zeros((n, width), dtype=np.int64)
        for block, counted in parts:
            if len(counted) == width:  # of releases with other labels, those with most
                table[block] += counted
        counts[key] = table
    return Blocks(tuple(first + i * length for i in range(n)), counts)


def full_hour(now: datetime) -> datetime:
    """Return the beginning of the hour that is running."""
    return now.replace(minute=0, second=0, microsecond=0)
