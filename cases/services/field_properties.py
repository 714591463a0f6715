"""What may be said of a field (name, kind, limits, options), and how it is checked."""

from collections.abc import Iterator, Mapping
from typing import Any

from cases.content import printable
from cases.services.proposed import bad_name, objects_in
from hitl.shared.errors import Problem
from hitl.shared.words import Words
from science.fields import BadSchema, Field

MAX_FIELDS = 2_000
MAX_OPTIONS = 1000


def fields_in(value: object, problems: list[Problem]) -> Iterator[Field]:
    """Yield the fields that fit; what does not is added to the problems."""
    example = '{"name": "amount", "kind": "number"}'
    before = len(problems)
    is_empty = True
    for where, item in objects_in("fields", value, MAX_FIELDS, example, problems):
        is_empty = False
        misfit = _wrong_types(where, item) or bad_name(f"{where}.name", item.get("name"), "field")
        if misfit:
            problems.append(misfit)
            continue
        try:
            yield Field.from_json(item)
        except (BadSchema, TypeError) as bad:
            fix = Words(
                "Send an object like %(example)s; the reference lists what else it may say.", example=example
            )
            problems.append(Problem(field=where, error=printable(str(bad), 300), fix=fix))
    if is_empty and len(problems) == before:
        problems.append(
            Problem(
                field="fields",
                error="is empty",
                fix=Words("Name at least one field, like %(example)s.", example=example),
            )
        )


_FIELD_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "name": ((str,), Words("a text")),
    "kind": ((str,), Words("a text")),
    "required": ((bool,), Words("true or false")),
    "show": ((bool,), Words("true or false")),
    "mutable": ((bool,), Words("true or false")),
    "personal": ((bool,), Words("true or false")),
    "minimum": ((int, float, type(None)), Words("a number or null")),
    "maximum": ((int, float, type(None)), Words("a number or null")),
    "max_length": ((int, type(None)), Words("a whole number or null")),
    "options": ((list, tuple), Words("a list of texts")),
}


def _wrong_types(where: str, item: Mapping[str, Any]) -> Problem | None:
    """Compare with what `science.fields.Field` declares: a dataclass does not check its types."""
    for name, (types, words) in _FIELD_TYPES.items():
        if name not in item:
            continue
        value = item[name]
        is_bool_for_number = isinstance(value, bool) and bool not in types
        if not isinstance(value, types) or is_bool_for_number:
            return Problem(
                field=f"{where}.{name}",
                error=Words("is not %(words)s", words=words),
                fix=Words("Send %(words)s.", words=words),
            )
    options = item.get("options", ())
    if len(options) > MAX_OPTIONS:
        return Problem(
            field=f"{where}.options",
            error=Words("has %(count)s entries", count=len(options)),
            fix=Words("List at most %(max_options)s.", max_options=MAX_OPTIONS),
        )
    for place, option in enumerate(options):
        if misfit := bad_name(f"{where}.options[{place}]", option, "option"):
            return misfit
    return None
