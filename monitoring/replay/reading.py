"""Read the cases of a window as columns, a chunk at a time: scores, draws, and what people said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from hitl.shared.canonical import derived_key
from hitl.shared.statements import statements_beside
from monitoring.watch.truth import Known, Truth, known_of
from science.draws import AUDIT, RAMP, uniforms
from science.replay import NOT_DRAWN, UNANSWERED, Cases

CHUNK = 50_000

_SQL = statements_beside(__file__)


@dataclass(frozen=True, slots=True)
class Window:
    """The cases routed from `since` to before `until`, scored by `release`, or by whoever decided."""

    workflow_id: UUID
    since: datetime
    until: datetime
    release_id: UUID | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements take."""
        return {
            "workflow": self.workflow_id,
            "since": self.since,
            "until": self.until,
            "release": self.release_id,
        }


def size_and_least_rate(window: Window) -> tuple[int, float]:
    """Return how many cases there are, and the least chance with which one was drawn for a blind answer."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["replay_size"].text, window.parameters)
        n, least = cursor.fetchone()
    return int(n), float(least or 1.0)


def chunks(
    window: Window, labels: Sequence[str], *, now: datetime, needs_ramp: bool, needs_audit: bool
) -> Iterator[Cases]:
    """Yield the cases in decision order, without ever holding more than a chunk; inside a transaction.

    `labels` are the columns that predictions and answers become; one that is not among them has no column.
    """
    column = {label: i for i, label in enumerate(labels)}
    with connection.chunked_cursor() as cursor:
        name = "replay_in_shadow" if window.release_id else "replay_as_scored"
        cursor.execute(_SQL[name].text, window.parameters)
        while rows := cursor.fetchmany(CHUNK):
            yield _cases(rows, column, now, needs_ramp=needs_ramp, needs_audit=needs_audit)


def _cases(
    rows: Sequence[tuple[Any, ...]],
    column: dict[str, int],
    now: datetime,
    *,
    needs_ramp: bool,
    needs_audit: bool,
) -> Cases:
    ids, epochs, at, predicted, score, automatic, audited, drawn, pi = zip(*rows, strict=True)
    predicted_column = np.array([column.get(one, -1) for one in predicted], dtype=np.int64)
    scores = np.array(score, dtype=np.float64)  # None becomes NaN
    usable = (predicted_column >= 0) & np.isfinite(scores)
    is_drawn = np.array(drawn, dtype=bool)
    keys = list(zip(ids, epochs, strict=True))
    return Cases(
        at=np.array(at, dtype=np.float64),
        predicted=np.where(usable, predicted_column, -1),
        score=np.where(usable, scores, np.nan),
        pi=np.clip(np.nan_to_num(np.array(pi, dtype=np.float64), nan=1.0), 0.0, 1.0),
        truth=_truth(ids, is_drawn, column, now),
        u_ramp=_draws(RAMP, keys, usable) if needs_ramp else np.ones(len(rows)),
        u_audit=_draws(AUDIT, keys, usable) if needs_audit else np.ones(len(rows)),
        was_automatic=np.array(automatic, dtype=bool),
        was_audited=np.array(audited, dtype=bool),
    )


def _draws(purpose: bytes, keys: Sequence[tuple[UUID, int]], usable: np.ndarray) -> np.ndarray:
    """Return the draws that intake made for these cases, or would have made."""
    found = np.ones(len(keys))
    places = np.flatnonzero(usable).tolist()
    if places:
        found[places] = uniforms(derived_key("draws"), purpose, [keys[i] for i in places])
    return found


def _truth(ids: Sequence[UUID], drawn: np.ndarray, column: dict[str, int], now: datetime) -> np.ndarray:
    truth = np.full(len(ids), NOT_DRAWN, dtype=np.int64)
    places = np.flatnonzero(drawn).tolist()
    known = known_of([ids[i] for i in places])
    for i in places:
        truth[i] = _settled(known[ids[i]], column, now)
    return truth


def _settled(known: Known, column: dict[str, int], now: datetime) -> int:
    """Return the column of the blind answer that is final; what was changed in sight settles nothing."""
    kind, _, _ = known.judge("", now)
    if kind is not Truth.FINAL or (known.is_absolved and known.current != known.blind):
        return UNANSWERED
    return column.get(known.blind or "", UNANSWERED)
