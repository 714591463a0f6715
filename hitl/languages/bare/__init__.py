"""Find texts for people that do not go through gettext: bare texts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bare:
    """A text that no catalogue can translate: where it stands, and what it is."""

    line: int
    text: str
    start: int
    end: int
    kind: str
