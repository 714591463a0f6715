"""The table of a replay, as the page and the command show it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from hitl.shared.numbers import number
from hitl.web.format import percent

Wording = Callable[[Mapping[str, Any]], str]

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: what it is of, and what was beside what would have been."""

    name: str
    was: str
    would_be: str


def lines(answer: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the lines of an answer (`monitoring.replay.answer.to_json`)."""
    named: dict[str, Wording] = {
        gettext("Cases"): lambda one: number(one["cases"]),
        gettext("Of them without a score"): lambda one: number(one["unscored"]),
        gettext("Automatic"): _automatic,
        gettext("Wrong among these, at 95 %"): _wrong,
        gettext("The estimate"): _estimate,
        gettext("Blind answers it rests on"): lambda one: number(one["labels"]),
        gettext("Asked of people, audits included"): _asked,
        gettext("Reviewers’ hours"): lambda one: (
            NOTHING if one["hours"] is None else number(one["hours"], ",.1f")
        ),
        gettext("Answers a day"): lambda one: number(one["answers_a_day"], ",.4g"),
        gettext("Longest queue, modelled"): lambda one: number(one["queue"]["longest"]),
        gettext("Modelled: answered later than %(hours)s h")
        % {"hours": number(answer["due_hours"], "g")}: lambda one: number(one["queue"]["late"]),
    }
    for name, said in named.items():
        yield Line(name, said(answer["was"]), said(answer["would_be"]))


def _automatic(one: Mapping[str, Any]) -> str:
    if not one["cases"]:
        return NOTHING
    return f"{number(one['automatic'])} ({percent(one['automatic'] / one['cases'])})"


def _asked(one: Mapping[str, Any]) -> str:
    return gettext("%(asked)s (audits: %(audited)s)") % {
        "asked": number(one["asked"]),
        "audited": number(one["audited"]),
    }


def _estimate(one: Mapping[str, Any]) -> str:
    return percent(one["error"]["estimate"], 2) if one["labels"] else gettext("too early to say")


def _wrong(one: Mapping[str, Any]) -> str:
    if not one["automatic"]:
        return NOTHING
    low, high = (percent(one["error"][end], 2) for end in ("low", "high"))
    if not one["labels"]:
        return gettext("too early to say")
    return gettext("%(low)s to %(high)s") % {"low": low, "high": high}
