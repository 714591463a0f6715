"""Details of an answer beside its label: a reason code, marks in the case, and flags on highlights.

    mark   {"field", "kind": "region", "x", "y", "width", "height"}   shares of the picture, from its top left
           {"field", "kind": "range", "start", "end"}                 seconds of the recording
           {"field", "kind": "span", "start", "end"}                  characters of the text
    flag   {"field", "place", "verdict": "helped" | "misled"}         `place` names the highlight in its field

A mark may have a `note` of its own. Whatever else stands in them is refused, not dropped.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words

MAX_MARKS = 100
MAX_NOTE = 200
MAX_PLACE = 100
VERDICTS = ("helped", "misled")
_NUMBERS = {
    "region": ("x", "y", "width", "height"),
    "range": ("start", "end"),
    "span": ("start", "end"),
}
_SLACK = 1e-6  # of sums of shares


def codes_for(reason_codes: Mapping[str, Any], label: str) -> list[dict[str, Any]]:
    """Return the reason codes of a label, in their order."""
    return list(reason_codes.get(label, ()))


def check_reason_code(reason_codes: Mapping[str, Any], label: str, reason_code: str) -> None:
    """Refuse a code that the label does not have, and none where one is required.

    A label that has a code marked as required is answered with one of its codes.

    Raises:
        Invalid: naming the codes to choose from.
    """
    codes = codes_for(reason_codes, label)
    known = [str(code["code"]) for code in codes]
    if not reason_code and any(code.get("required") for code in codes):
        fix = Words("Choose one of: %(names)s.", names=", ".join(known))
        raise Invalid(
            [Problem(field="reason_code", error=Words('is needed for "%(label)s"', label=label), fix=fix)]
        )
    if reason_code and reason_code not in known:
        fix = (
            Words("Choose one of: %(names)s.", names=", ".join(known))
            if known
            else Words("Leave it out: this label has none.")
        )
        raise Invalid(
            [Problem(field="reason_code", error=Words('is no reason for "%(label)s"', label=label), fix=fix)]
        )


def check_marks(marks: Sequence[Any], fields: Sequence[str]) -> None:
    """Refuse marks that lie in no field of the case, or outside of it.

    Raises:
        Invalid: each is named with its fix.
    """
    problems = _too_many(marks, "marks")
    for place, mark in enumerate(marks[:MAX_MARKS]):
        problems += [_at("marks", place, *problem) for problem in _mark_problems(mark, fields)]
    if problems:
        raise Invalid(problems)


def check_flags(flags: Sequence[Any], fields: Sequence[str], *, sees_highlights: bool) -> None:
    """Refuse what is said about highlights that the person was never shown.

    Raises:
        Invalid: each is named with its fix.
    """
    problems = _too_many(flags, "flags")
    if flags and not sees_highlights:
        problems.append(
            _at("flags", 0, "", Words("is about highlights, and none were shown"), Words("Leave it out."))
        )
    for place, flag in enumerate(flags[:MAX_MARKS]):
        problems += [_at("flags", place, *problem) for problem in _flag_problems(flag, fields)]
    if problems:
        raise Invalid(problems)


def _too_many(given: Sequence[Any], name: str) -> list[Problem]:
    if len(given) <= MAX_MARKS:
        return []
    return [
        Problem(
            field=name,
            error=Words("are %(count)s", count=len(given)),
            fix=Words("Send at most %(limit)s.", limit=MAX_MARKS),
        )
    ]


def _at(table: str, place: int, name: str, error: str, fix: str) -> Problem:
    return Problem(field=f"{table}[{place}]" + (f".{name}" if name else ""), error=error, fix=fix)


def _mark_problems(mark: Any, fields: Sequence[str]) -> list[tuple[str, str, str]]:
    kind = mark.get("kind") if isinstance(mark, dict) else None
    if kind not in _NUMBERS:
        return [
            (
                "kind",
                Words("is not a kind of mark"),
                Words("Use one of: %(names)s.", names=", ".join(_NUMBERS)),
            )
        ]
    names = _NUMBERS[kind]
    problems = _stray(mark, {"field", "kind", "note", *names}) + _field_problem(mark, fields)
    note = mark.get("note", "")
    if not isinstance(note, str) or len(note) > MAX_NOTE:
        problems.append(
            (
                "note",
                Words("is not a short text"),
                Words("Send at most %(longest)s characters.", longest=MAX_NOTE),
            )
        )
    numbers = [mark.get(name) for name in names]
    if not all(_is_number(number) for number in numbers):
        problems.append(
            (names[0], Words("is not a number"), Words("Send %(names)s as numbers.", names=", ".join(names)))
        )
    elif not _is_inside(kind, numbers):
        fix = (
            Words("Send shares of the picture between 0 and 1.")
            if kind == "region"
            else Words("Let it start at 0 or later, and end after that.")
        )
        problems.append((names[0], Words("lies outside of the field"), fix))
    return problems


def _is_inside(kind: str, numbers: Sequence[Any]) -> bool:
    if kind == "region":
        x, y, width, height = numbers
        return bool(min(x, y) >= 0 and min(width, height) > 0 and max(x + width, y + height) <= 1 + _SLACK)
    start, end = numbers
    whole = kind == "range" or all(float(number).is_integer() for number in numbers)
    return bool(whole and 0 <= start < end)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _flag_problems(flag: Any, fields: Sequence[str]) -> list[tuple[str, str, str]]:
    if not isinstance(flag, dict):
        return [("", Words("is not an object"), Words("Send field, place and verdict."))]
    problems = _stray(flag, {"field", "place", "verdict"}) + _field_problem(flag, fields)
    if flag.get("verdict") not in VERDICTS:
        problems.append(
            ("verdict", Words("is not known"), Words("Use one of: %(names)s.", names=", ".join(VERDICTS)))
        )
    place = flag.get("place", "")
    if not isinstance(place, str) or len(place) > MAX_PLACE:
        problems.append(
            (
                "place",
                Words("is not a short text"),
                Words("Send at most %(longest)s characters.", longest=MAX_PLACE),
            )
        )
    return problems


def _field_problem(given: dict[str, Any], fields: Sequence[str]) -> list[tuple[str, str, str]]:
    if given.get("field") in fields:
        return []
    return [
        ("field", Words("is no field of this case"), Words("Use one of: %(names)s.", names=", ".join(fields)))
    ]


def _stray(given: dict[str, Any], known: set[str]) -> list[tuple[str, str, str]]:
    fix = Words("Leave it out. Known: %(names)s.", names=", ".join(sorted(known)))
    return [(str(name)[:50], Words("is not known"), fix) for name in given if name not in known]
