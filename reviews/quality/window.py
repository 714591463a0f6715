"""The time, people and workflow that a question is about; everything here has an end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

MAX_ANSWERS = 5_000
"""Answers of one person that are looked at, the newest; more say the same with more digits."""

SPANS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
QUARTER = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Window:
    """Answers given from `since` to `until`, in one workflow or all, by one person or all."""

    since: datetime
    until: datetime
    workflow_id: UUID | None = None
    person_id: int | None = None
    most: int = MAX_ANSWERS

    @classmethod
    def last(cls, span: str, *, now: datetime, **of: Any) -> "Window":
        """Return the window of this name that ends now; any other name is the longest, a quarter of a
        year."""
        return cls(now - SPANS.get(span, QUARTER), now, **of)

    def params(self) -> dict[str, Any]:
        """Return the parameters of `sql_quality.ANSWERS`."""
        return {
            "since": self.since,
            "until": self.until,
            "workflow": self.workflow_id,
            "person": self.person_id,
            "most": self.most,
        }
