"""What reviewers said of highlights: which misled, which helped, and how many people said so."""

from dataclasses import dataclass
from uuid import UUID

from reviews.quality.people import rows_of
from reviews.quality.sql_quality import FLAGGED
from reviews.quality.window import Window

MAX_FLAGS = 50
"""Words and values in the list."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """One word or value of one field; `people` is how many said that it misled them."""

    workflow_id: UUID
    field: str
    place: str
    misled: int
    helped: int
    people: int


def flagged(window: Window) -> list[Flagged]:
    """Return what was flagged in the window, what misled most often first."""
    return [Flagged(*row) for row in rows_of(FLAGGED, window.params() | {"most": MAX_FLAGS})]
