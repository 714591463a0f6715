"""The table of a replay, as the page and the command show it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hitl.web.format import percent

Said = Callable[[Mapping[str, Any]], str]
TOO_EARLY = "too early to say"
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: what it is of, and what was beside what would have been."""

    name: str
    was: str
    would_be: str


def lines(answer: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the lines of an answer (`monitoring.replay.answer.to_json`)."""
    named: dict[str, Said] = {
        "Cases": lambda one: f"{one['cases']:,}",
        "Of them without a score": lambda one: f"{one['unscored']:,}",
        "Automatic": _automatic,
        "Wrong among these, at 95 %": _wrong,
        "The estimate": lambda one: percent(one["error"]["estimate"], 2) if one["labels"] else TOO_EARLY,
        "Blind answers it rests on": lambda one: f"{one['labels']:,}",
        "Asked of people, audits included": lambda one: f"{one['asked']:,} (audits: {one['audited']:,})",
        "Reviewers’ hours": lambda one: NOTHING if one["hours"] is None else f"{one['hours']:,.1f}",
        "Answers a day": lambda one: f"{one['answers_a_day']:,.4g}",
        "Longest queue, modelled": lambda one: f"{one['queue']['longest']:,}",
        f"Modelled: answered later than {answer['due_hours']:g} h": lambda one: f"{one['queue']['late']:,}",
    }
    for name, said in named.items():
        yield Line(name, said(answer["was"]), said(answer["would_be"]))


def _automatic(one: Mapping[str, Any]) -> str:
    if not one["cases"]:
        return NOTHING
    return f"{one['automatic']:,} ({percent(one['automatic'] / one['cases'])})"


def _wrong(one: Mapping[str, Any]) -> str:
    if not one["automatic"]:
        return NOTHING
    low, high = (percent(one["error"][end], 2) for end in ("low", "high"))
    return f"{low} to {high}" if one["labels"] else TOO_EARLY
