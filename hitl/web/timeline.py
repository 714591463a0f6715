"""An entry of a timeline: what happened, who did it, when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, said in words; `facts` are pairs of name and value."""

    at: datetime
    title: str
    icon: str = "circle"
    tone: str = ""
    by: str = ""
    note: str = ""
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)
