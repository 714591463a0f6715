"""The audits of a canary's decisions and of the champion's beside it, in the order of decisions.

A group's draws are one unit, wherever it was drawn first: copies, or the cases of one customer, share their
fate. An open draw holds back everything behind it in either arm. A lost or overdue one counts against what
the reader must not favour: as right in what speaks against the canary, as wrong in what speaks for it, and
the other way round for the champion.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from models_store.models import Release
from monitoring.watch import draws
from monitoring.watch.draws import Cursor, Drawn
from monitoring.watch.watched import ACCEPTED


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Audited groups of both arms; every array has shape (n_units,).

    Attributes:
        against: losses, with costs, in what speaks against the canary.
        wrong: errors in what speaks for it.
        lost: nobody will ever answer.
        at: when each was decided.
        waiting: draws behind the first open one.
    """

    is_canary: np.ndarray
    against: np.ndarray
    wrong: np.ndarray
    lost: np.ndarray
    at: list[datetime]
    waiting: int

    def __len__(self) -> int:
        return len(self.at)

    def since(self, moment: datetime) -> int:
        """Count the canary's units that were decided from then on."""
        return sum(mine and at >= moment for mine, at in zip(self.is_canary.tolist(), self.at, strict=True))


def units(
    workflow_id: UUID,
    *,
    canary_id: UUID,
    champion_id: UUID,
    costs: Mapping[str, float],
    since: datetime,
    until: datetime,
    now: datetime,
) -> Units:
    """Return the units of both arms up to the first that is open."""
    pair = [(canary_id, True), (champion_id, False)]
    merged = [
        (one, is_canary)
        for release_id, is_canary in pair
        for one in every(workflow_id, release_id, since=since, until=until, now=now)
    ]
    merged.sort(key=lambda item: (item[0].at, item[0].case_id))
    first_open = next((place for place, (one, _) in enumerate(merged) if one.is_open), len(merged))
    met: set[int] = set()
    kept = []
    for one, is_canary in merged[:first_open]:
        if _group(one) not in met:
            met.add(_group(one))
            kept.append((one, is_canary))
    return Units(
        is_canary=np.array([mine for _, mine in kept], dtype=bool),
        against=np.array(
            [
                (one.lowest_loss if mine else one.highest_loss) * costs.get(one.predicted, 1.0)
                for one, mine in kept
            ],
            dtype=np.float64,
        ),
        wrong=np.array(
            [(one.highest_loss if mine else one.lowest_loss) > 0 for one, mine in kept], dtype=bool
        ),
        lost=np.array([not one.is_final and not one.is_held for one, _ in kept], dtype=bool),
        at=[one.at for one, _ in kept],
        waiting=len(merged) - first_open,
    )


def every(
    workflow_id: UUID, release_id: UUID, *, since: datetime, until: datetime, now: datetime
) -> Iterator[Drawn]:
    """Yield what a release accepted and a blind label was drawn for, in its order."""
    rows = draws.scored(workflow_id, release_id, reasons=ACCEPTED).filter(decided_at__gte=since)
    place: Cursor = None
    while found := draws.drawn_after(rows, place, until=until, now=now):
        yield from found
        place = found[-1].place


def history(
    release: Release, *, costs: Mapping[str, float], since: datetime, until: datetime, now: datetime
) -> tuple[list[float], list[bool]]:
    """Return what a release accepted before, a group once: losses against a challenger, errors for one.

    What is lost or late is wrong in the first and right in the second; what is open is left out.
    """
    met: set[int] = set()
    losses, errors = [], []
    for one in every(release.workflow_id, release.pk, since=since, until=until, now=now):
        if one.is_open or _group(one) in met:
            continue
        met.add(_group(one))
        losses.append(one.highest_loss * costs.get(one.predicted, 1.0))
        errors.append(one.lowest_loss > 0)
    return losses, errors


def _group(one: Drawn) -> int:
    return one.group if one.group is not None else one.case_id.int
