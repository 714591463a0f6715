"""What a challenger would have decided beside what the champion's cutoffs accepted, case by case.

Whether either would decide is worked out here, from stored scores and the cutoffs that a handover froze. So
cutoffs can be compared that were never in force, and none is stored twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from hitl.shared.canonical import derived_key
from hitl.shared.named_rows import fetch_named
from hitl.shared.statements import statements_beside
from models_store.models import Release
from models_store.types import Unscored
from science.draws import DISAGREEMENT, uniform

_JOINED = statements_beside(__file__)["scored_beside"].text
_FIRST = UUID(int=0)

Place = tuple[datetime, UUID] | None  # in the order of evidence; None is before the first


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Whose cutoffs a case is held against: label -> cutoff of the champion, and of the challenger."""

    champion: Release
    of_champion: Mapping[str, float]
    of_challenger: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Compared:
    """One routed case.

    Attributes:
        champion: label that the champion accepts; None where it leaves the case to people.
        challenger: label that the challenger would decide; None where it would not.
        is_lost: nobody can say what it would have decided: no score was stored, or the content was gone.
        inclusion_probability: of a blind label by the champion's own draws.
        is_drawn: the champion's own draw asks for a blind label.
    """

    at: datetime
    case_id: UUID
    champion: str | None
    challenger: str | None
    is_lost: bool
    inclusion_probability: float
    is_drawn: bool

    @property
    def place(self) -> tuple[datetime, UUID]:
        """Its place in the order of evidence."""
        return self.at, self.case_id

    @property
    def differs(self) -> bool:
        """Whether the challenger would decide it and the champion would not, or otherwise."""
        return self.challenger is not None and self.challenger != self.champion

    @property
    def uniform(self) -> float:
        """The draw that says whether it counts where not all cases do; alike for all challengers."""
        return uniform(derived_key("draws"), DISAGREEMENT, self.case_id, 1)


def compared(
    workflow_id: UUID, challenger_id: UUID, cutoffs: Cutoffs, place: Place, *, until: datetime, most: int
) -> list[Compared]:
    """Return the next routed cases behind a place, in their order."""
    at, case_id = place or (datetime.fromisoformat("2000-01-01T00:00:00+00:00"), _FIRST)
    with connection.cursor() as cursor:
        cursor.execute(
            _JOINED,
            {
                "challenger": challenger_id,
                "workflow": workflow_id,
                "at": at,
                "case": case_id,
                "until": until,
                "most": most,
            },
        )
        rows = fetch_named(cursor)
    return [
        Compared(
            at=row.decided_at,
            case_id=row.case_id,
            champion=_accepted(row.predicted, row.score, cutoffs.of_champion)
            if row.release_id == cutoffs.champion.pk
            else None,
            challenger=_accepted(row.said, row.its_score, cutoffs.of_challenger),
            is_lost=row.scored_at is None or row.unscored == Unscored.GONE,
            inclusion_probability=row.inclusion_probability or 1.0,
            is_drawn=row.is_drawn,
        )
        for row in rows
    ]


def _accepted(label: str | None, score: float | None, cutoffs: Mapping[str, float]) -> str | None:
    if label is None or score is None or label not in cutoffs:
        return None
    return label if score >= cutoffs[label] else None
