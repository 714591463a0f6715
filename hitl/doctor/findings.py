"""What a look at one part of the installation finds."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum


class State(StrEnum):
    """How a part stands: in order, worth a look, or wrong."""

    FINE = "fine"
    LOOK = "look"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. What is not in order has a `fix`: what to do about it."""

    part: str
    state: State
    words: str
    fix: str = ""

    def as_facts(self) -> dict[str, str]:
        """Return it for JSON."""
        return asdict(self)


Look = Callable[[], Iterator[Finding]]


def fine(part: str, words: str) -> Finding:
    """Return that a part is in order."""
    return Finding(part, State.FINE, words)


def look(part: str, words: str, fix: str) -> Finding:
    """Return what somebody should look at before it goes wrong."""
    return Finding(part, State.LOOK, words, fix)


def wrong(part: str, words: str, fix: str) -> Finding:
    """Return what does not work as it should."""
    return Finding(part, State.WRONG, words, fix)
