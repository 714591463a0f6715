"""What all doors share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hitl.shared.words import Words
from science.decision_terms import Reason

Content = Mapping[str, Any]
Options = Mapping[str, Any]


class DoorFault(Exception):
    """An answer as a whole is of no use."""

    def __init__(self, reason: Reason, words: str) -> None:
        super().__init__(words)
        self.reason, self.words = reason, words


@dataclass(frozen=True, slots=True)
class Call:
    """One body to send."""

    body: Any


@dataclass(frozen=True, slots=True)
class Heard:
    """What was answered about a batch.

    Attributes:
        sent: for each case its probabilities by label as `read_source_answer` takes them, or why there
            are none.
        versions: those that the server named; empty where it names none.
        tokens: that a language model counted.
    """

    sent: list[object]
    versions: set[str] = field(default_factory=set)
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class DoorWay:
    """How to ask, how to read, and how many cases to ask about at once."""

    calls: Callable[[Options, Sequence[Content]], list[Call]]
    read: Callable[[Options, Sequence[Any], int], Heard]
    batch: int


def sent(value: Any, is_number: bool) -> Any:
    """A missing number is null, which is NaN to most; a missing text is empty."""
    if is_number:
        return None if value is None else float(value)
    return "" if value is None else str(value)


def by_class(options: Options, row: object) -> object:
    """Return probabilities by label: as they are, or named by the declared order of the classes."""
    classes = options.get("classes") or []
    if isinstance(row, list | tuple):
        if len(row) != len(classes):
            words = Words(
                "%(n)s probabilities for a case where %(classes)s classes are declared",
                n=len(row),
                classes=len(classes),
            )
            raise DoorFault(Reason.SOURCE_UNREADABLE, words)
        return dict(zip(classes, row, strict=True))
    if isinstance(row, str | int | float):
        words = Words(
            "it answers %(answer)s where probabilities of %(classes)s classes are asked for",
            answer=repr(str(row)[:40]),
            classes=len(classes),
        )
        raise DoorFault(Reason.SOURCE_UNREADABLE, words)
    return row


def rows_of(found: object, n: int) -> list[Any]:
    """Return a list that has an entry for each case.

    Raises:
        DoorFault: it is no list, or a short or long one: nobody knows which case an entry is about.
    """
    if not isinstance(found, list):
        raise DoorFault(Reason.SOURCE_UNREADABLE, "the answer holds no list of predictions")
    if len(found) != n:
        raise DoorFault(
            Reason.SOURCE_SHORT, Words("%(found)s predictions for %(n)s cases", found=len(found), n=n)
        )
    return found
