"""The time, people and workflow that a question is about; everything here has an end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

MAX_ANSWERS = 5_000
"""Answers of one person that are looked at, the newest; more say the same with more digits."""

SPANS = {
    "day": (gettext_lazy("24 hours"), timedelta(hours=24)),
    "week": (gettext_lazy("7 days"), timedelta(days=7)),
    "month": (gettext_lazy("30 days"), timedelta(days=30)),
    "quarter": (gettext_lazy("90 days"), timedelta(days=90)),
}
"""What a window may be called, how people say it, and how long it is."""


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
        """Return the window of this name, one of `SPANS`, that ends now."""
        _, length = SPANS[span]
        return cls(now - length, now, **of)

    def params(self) -> dict[str, Any]:
        """Return the parameters of `sql_quality.ANSWERS`."""
        return {
            "since": self.since,
            "until": self.until,
            "workflow": self.workflow_id,
            "person": self.person_id,
            "most": self.most,
        }
