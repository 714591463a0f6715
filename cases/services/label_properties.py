"""What may be said of a label (name, key, cost, meaning), and how it is checked."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from cases.content import printable
from cases.services.proposed import bad_name, objects_in
from hitl.shared.errors import Problem
from hitl.shared.words import Words

MAX_LABELS = 1_000
MAX_MEANING = 1000

HOTKEYS = "1234567890abdefghijklnoqrtvwxyz"  # the other letters are the desk's own keys
_LABEL_KEYS = {"name", "hotkey", "cost", "meaning"}


def labels_in(value: object, problems: list[Problem]) -> Iterator[dict[str, Any]]:
    """Yield the labels that fit, as they are stored; what does not is added to the problems."""
    example = '{"name": "spam"}'
    before = len(problems)
    taken: dict[str, str] = {}
    names: set[str] = set()
    free = iter(HOTKEYS[:10])  # digits are given out by themselves, letters are chosen
    wanted = _wanted_hotkeys(value)
    for where, item in objects_in("labels", value, MAX_LABELS, example, problems):
        found = list(_label_problems(where, item, taken))
        name = item.get("name")
        if not found and name in names:
            found.append(
                Problem(
                    field=f"{where}.name",
                    error=Words('"%(name)s" is there twice', name=name),
                    fix="Give each label its own name.",
                )
            )
        if found:
            problems += found
            continue
        names.add(str(name))
        hotkey = item.get("hotkey") or next((digit for digit in free if digit not in wanted), "")
        taken[hotkey] = str(name)
        yield {
            "name": name,
            "hotkey": hotkey,
            "cost": float(item.get("cost", 1.0)),
            "meaning": item.get("meaning", ""),
        }
    if len(names) < 2 and len(problems) == before:
        problems.append(
            Problem(
                field="labels",
                error=Words("names %(count)s", count=len(names)),
                fix="Name at least two labels to decide between.",
            )
        )


def _wanted_hotkeys(value: object) -> set[object]:
    items = value if isinstance(value, list | tuple) else ()
    return {
        hotkey
        for item in items
        if isinstance(item, Mapping) and isinstance(hotkey := item.get("hotkey"), str) and hotkey
    }


def _label_problems(where: str, item: Mapping[str, Any], taken: Mapping[str, str]) -> Iterator[Problem]:
    for unknown in sorted(map(str, set(item) - _LABEL_KEYS))[:5]:
        yield Problem(
            field=f"{where}.{printable(unknown)}",
            error="is not known",
            fix=Words("Leave it out. Known: %(names)s.", names=", ".join(sorted(_LABEL_KEYS))),
        )
    if misfit := bad_name(f"{where}.name", item.get("name"), "label"):
        yield misfit
    hotkey = item.get("hotkey", "")
    if not isinstance(hotkey, str) or (hotkey and (len(hotkey) != 1 or hotkey not in HOTKEYS)):
        fix = Words("Use one of %(hotkeys)s, or leave it out.", hotkeys=HOTKEYS)
        yield Problem(
            field=f"{where}.hotkey", error=Words("is %(value)s", value=printable(repr(hotkey))), fix=fix
        )
    elif hotkey in taken and hotkey:
        yield Problem(
            field=f"{where}.hotkey",
            error=Words('is that of "%(taken)s"', taken=taken[hotkey]),
            fix="Give each label its own key.",
        )
    cost = item.get("cost", 1.0)
    is_number = isinstance(cost, int | float) and not isinstance(cost, bool)
    if not is_number or not 0 < cost <= 1e9 or not math.isfinite(cost):
        yield Problem(
            field=f"{where}.cost",
            error=Words("is %(value)s", value=printable(repr(cost))),
            fix="Send a number above 0, at most 1e9.",
        )
    meaning = item.get("meaning", "")
    if not isinstance(meaning, str) or len(meaning) > MAX_MEANING or not _is_clean(meaning):
        yield Problem(
            field=f"{where}.meaning",
            error="does not fit",
            fix=Words("Send a text of at most %(max_meaning)s characters.", max_meaning=MAX_MEANING),
        )


def _is_clean(text: str) -> bool:
    """Tell whether the database can hold the text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
