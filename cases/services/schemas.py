"""Check the fields and labels somebody proposes for a workflow, and bring them into their stored form."""

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.content import printable
from cases.names import clean_name, is_plain
from hitl.shared.errors import Invalid, Problem
from science.fields import BadSchema, Field, Schema

MAX_FIELDS = 2_000
MAX_LABELS = 1_000
MAX_NAME = 100
MAX_MEANING = 1000
MAX_OPTIONS = 1000

HOTKEYS = "1234567890abdefghijklnoqrtvwxyz"  # the other letters are the desk's own keys
_LABEL_KEYS = {"name", "hotkey", "cost", "meaning"}


@dataclass(frozen=True, slots=True)
class CheckedSchema:
    """Fields and labels as they are stored."""

    fields: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    schema_sha256: str


def checked_schema(fields: object, labels: object) -> CheckedSchema:
    """Return the stored form of proposed fields and labels.

    Raises:
        Invalid: something does not fit; every problem is named with its fix.
    """
    problems: list[Problem] = []
    good_fields = list(_fields(_in_one_form(fields), problems))
    good_labels = list(_labels(_in_one_form(labels), problems))
    if problems:
        raise Invalid(problems)
    try:
        schema = Schema(tuple(good_fields), tuple(label["name"] for label in good_labels))
    except BadSchema as bad:
        raise Invalid(
            [Problem(field="fields", error=str(bad), fix="Correct the named field or label.")]
        ) from None
    return CheckedSchema([field.to_json() for field in good_fields], good_labels, schema.sha256())


def _in_one_form(items: object) -> object:
    """Bring names and options into the form in which they are compared; what does not fit stays as it is."""
    if not isinstance(items, Sequence) or isinstance(items, str | bytes):
        return items
    return [_clean(item) if isinstance(item, Mapping) else item for item in items]


def _clean(item: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = dict(item)
    if isinstance(name := item.get("name"), str):
        cleaned["name"] = unicodedata.normalize("NFC", name)
    if isinstance(options := item.get("options"), list | tuple):
        cleaned["options"] = [clean_name(each) if isinstance(each, str) else each for each in options]
    return cleaned


def _objects(
    name: str, value: object, limit: int, example: str, problems: list[Problem]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        problems.append(
            Problem(field=name, error="is not a list", fix=f"Send a list of objects like {example}.")
        )
        return
    if len(value) > limit:
        problems.append(
            Problem(field=name, error=f"has {len(value):,} entries", fix=f"Send at most {limit:,}.")
        )
        return
    for place, item in enumerate(value):
        if isinstance(item, Mapping):
            yield f"{name}[{place}]", item
        else:
            problems.append(
                Problem(field=f"{name}[{place}]", error="is not an object", fix=f"Send one like {example}.")
            )


def _fields(value: object, problems: list[Problem]) -> Iterator[Field]:
    example = '{"name": "amount", "kind": "number"}'
    before = len(problems)
    is_empty = True
    for where, item in _objects("fields", value, MAX_FIELDS, example, problems):
        is_empty = False
        misfit = _wrong_types(where, item) or _bad_name(f"{where}.name", item.get("name"), "field")
        if misfit:
            problems.append(misfit)
            continue
        try:
            yield Field.from_json(item)
        except (BadSchema, TypeError) as bad:
            fix = f"Send an object like {example}; the reference lists what else it may say."
            problems.append(Problem(field=where, error=printable(str(bad), 300), fix=fix))
    if is_empty and len(problems) == before:
        problems.append(
            Problem(field="fields", error="is empty", fix=f"Name at least one field, like {example}.")
        )


_FIELD_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "name": ((str,), "a text"),
    "kind": ((str,), "a text"),
    "required": ((bool,), "true or false"),
    "show": ((bool,), "true or false"),
    "mutable": ((bool,), "true or false"),
    "personal": ((bool,), "true or false"),
    "minimum": ((int, float, type(None)), "a number or null"),
    "maximum": ((int, float, type(None)), "a number or null"),
    "max_length": ((int, type(None)), "a whole number or null"),
    "options": ((list, tuple), "a list of texts"),
}


def _wrong_types(where: str, item: Mapping[str, Any]) -> Problem | None:
    """Compare with what `science.fields.Field` declares: a dataclass does not check its types."""
    for name, (types, words) in _FIELD_TYPES.items():
        if name not in item:
            continue
        value = item[name]
        is_bool_for_number = isinstance(value, bool) and bool not in types
        if not isinstance(value, types) or is_bool_for_number:
            return Problem(field=f"{where}.{name}", error=f"is not {words}", fix=f"Send {words}.")
    options = item.get("options", ())
    if len(options) > MAX_OPTIONS:
        return Problem(
            field=f"{where}.options",
            error=f"has {len(options):,} entries",
            fix=f"List at most {MAX_OPTIONS:,}.",
        )
    for place, option in enumerate(options):
        if misfit := _bad_name(f"{where}.options[{place}]", option, "option"):
            return misfit
    return None


def _labels(value: object, problems: list[Problem]) -> Iterator[dict[str, Any]]:
    example = '{"name": "spam"}'
    before = len(problems)
    taken: dict[str, str] = {}
    names: set[str] = set()
    free = iter(HOTKEYS[:10])  # digits are given out by themselves, letters are chosen
    wanted = _wanted_hotkeys(value)
    for where, item in _objects("labels", value, MAX_LABELS, example, problems):
        found = list(_label_problems(where, item, taken))
        name = item.get("name")
        if not found and name in names:
            found.append(
                Problem(
                    field=f"{where}.name",
                    error=f'"{name}" is there twice',
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
                field="labels", error=f"names {len(names)}", fix="Name at least two labels to decide between."
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
            fix=f"Leave it out. Known: {', '.join(sorted(_LABEL_KEYS))}.",
        )
    if misfit := _bad_name(f"{where}.name", item.get("name"), "label"):
        yield misfit
    hotkey = item.get("hotkey", "")
    if not isinstance(hotkey, str) or (hotkey and (len(hotkey) != 1 or hotkey not in HOTKEYS)):
        fix = f"Use one of {HOTKEYS}, or leave it out."
        yield Problem(field=f"{where}.hotkey", error=f"is {printable(repr(hotkey))}", fix=fix)
    elif hotkey in taken and hotkey:
        yield Problem(
            field=f"{where}.hotkey", error=f'is that of "{taken[hotkey]}"', fix="Give each label its own key."
        )
    cost = item.get("cost", 1.0)
    is_number = isinstance(cost, int | float) and not isinstance(cost, bool)
    if not is_number or not 0 < cost <= 1e9 or not math.isfinite(cost):
        yield Problem(
            field=f"{where}.cost",
            error=f"is {printable(repr(cost))}",
            fix="Send a number above 0, at most 1e9.",
        )
    meaning = item.get("meaning", "")
    if not isinstance(meaning, str) or len(meaning) > MAX_MEANING or not _is_clean(meaning):
        yield Problem(
            field=f"{where}.meaning",
            error="does not fit",
            fix=f"Send a text of at most {MAX_MEANING:,} characters.",
        )


def _bad_name(where: str, name: object, what: str) -> Problem | None:
    fix = f"Give the {what} a name of 1 to {MAX_NAME} visible characters without surrounding spaces."
    if not isinstance(name, str) or not name:
        return Problem(field=where, error="is missing" if name in (None, "") else "is not a text", fix=fix)
    if len(name) > MAX_NAME or name != name.strip() or not is_plain(name):
        return Problem(field=where, error=f'is "{printable(name)}"', fix=fix)
    return None


def _is_clean(text: str) -> bool:
    """Tell whether the database can hold the text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
