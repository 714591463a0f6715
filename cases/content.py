"""Check the content of a case against its schema and bring it into one canonical form.

Compiled once per schema, so that a case costs microseconds. Canonical: every field present (null where an
optional one was left out), text in Unicode NFC, numbers as finite floats, dates in ISO form, media by the
hash of their bytes.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from science.fields import Field, Kind, Schema

MAX_TEXT = 200_000
MAX_CATEGORY = 200
_SHA256 = re.compile(r"[0-9a-f]{64}")

Problem = dict[str, str]
_Check = Callable[[object], object]


class _Unfit(Exception):
    """A value that does not fit its field: what is wrong with it, and how to mend it."""

    def __init__(self, error: str, fix: str) -> None:
        super().__init__(error, fix)
        self.error, self.fix = error, fix


class Checker:
    """Validates contents of one schema version."""

    def __init__(self, schema: Schema) -> None:
        self._checks: dict[str, tuple[bool, _Check]] = {
            field.name: (field.required, _KINDS[field.kind](field)) for field in schema.fields
        }

    def check(self, raw: object) -> tuple[dict[str, Any] | None, list[Problem]]:
        """Return the canonical content and no problems, or None and everything that is wrong.

        Each problem is `{"field": "content.amount", "error": ..., "fix": ...}`.
        """
        if not isinstance(raw, Mapping):
            fix = "Send an object with the workflow's fields, like " + self.example()
            return None, [{"field": "content", "error": f"is {_a(raw)}, not an object", "fix": fix}]
        content: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, (is_required, check) in self._checks.items():
            value = raw.get(name)
            if value is None:
                if is_required:
                    problems.append(_problem(name, "is missing", f'Add "{name}" to the content.'))
                content[name] = None
                continue
            try:
                content[name] = check(value)
            except _Unfit as unfit:
                problems.append(_problem(name, unfit.error, unfit.fix))
        if len(raw) > len(self._checks) or not raw.keys() <= self._checks.keys():
            problems += [self._unknown(name) for name in list(raw)[:1000] if name not in self._checks][:20]
        return (None, problems) if problems else (content, problems)

    def example(self) -> str:
        """Name the fields, for messages."""
        return "{" + ", ".join(f'"{name}": …' for name in self._checks) + "}"

    def _unknown(self, name: object) -> Problem:
        shown = printable(str(name))
        return _problem(
            shown, "is not a field of this workflow", f"Leave it out. Fields: {', '.join(self._checks)}."
        )


def checker_for(schema: Schema) -> Checker:
    """Compile the schema's checks."""
    return Checker(schema)


def printable(text: str, limit: int = 60) -> str:
    """Return text that may stand in an error message: short, and without control characters or surrogates."""
    clean = "".join(c if c.isprintable() else "�" for c in text[: limit + 1])
    return clean if len(clean) <= limit else clean[:limit] + "…"


def clean_text(value: str) -> str:
    """Return the text in NFC.

    Raises:
        _Unfit: it holds a NUL or half a surrogate pair, which no database or page can carry.
    """
    if value.isascii():
        if "\x00" in value:
            raise _Unfit("contains a NUL character", "Remove U+0000 from the text.")
        return value
    if "\x00" in value:
        raise _Unfit("contains a NUL character", "Remove U+0000 from the text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _Unfit(
            f"contains half a surrogate pair at character {error.start}", "Send text that is valid Unicode."
        ) from None
    return value if unicodedata.is_normalized("NFC", value) else unicodedata.normalize("NFC", value)


def _problem(name: str, error: str, fix: str) -> Problem:
    return {"field": f"content.{name}", "error": error, "fix": fix}


def _a(value: object) -> str:
    names = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return "null" if value is None else names.get(type(value), "something else")


def _text(field: Field) -> _Check:
    longest = field.max_length or MAX_TEXT

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise _Unfit(f"is {_a(value)}, not a text", "Send a JSON string.")
        if len(value) > longest:
            raise _Unfit(f"has {len(value):,} characters", f"Send at most {longest:,} characters.")
        return clean_text(value)

    return check


def _number(field: Field) -> _Check:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _Unfit(f"is {_a(value)}, not a number", "Send a JSON number, without quotes.")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise _Unfit("is not a finite number", "Send a finite number, or null where there is none.")
        if not low <= number <= high:
            raise _Unfit(f"is {number:g}", f"Send a number from {low:g} to {high:g}.")
        return number

    return check


def _category(field: Field) -> _Check:
    options = frozenset(field.options)

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise _Unfit(f"is {_a(value)}, not a text", 'Send the category as a JSON string, like "3".')
        if len(value) > MAX_CATEGORY:
            raise _Unfit(f"has {len(value):,} characters", f"Send at most {MAX_CATEGORY} characters.")
        text = clean_text(value)
        if options and text not in options:
            raise _Unfit(
                f'is "{printable(text)}"', f"Send one of: {printable(', '.join(field.options), 300)}."
            )
        return text

    return check


def _date(field: Field) -> _Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > 40:
            raise _Unfit("is not a date", 'Send an ISO date like "2026-11-23" or "2026-11-23T05:19:00Z".')
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
        try:
            return datetime.fromisoformat(value).isoformat()
        except ValueError:
            raise _Unfit(
                f'is "{printable(value)}"', 'Send an ISO date like "2026-11-23" or "2026-11-23T05:19:00Z".'
            ) from None

    return check


def _boolean(field: Field) -> _Check:
    def check(value: object) -> bool:
        if not isinstance(value, bool):
            raise _Unfit(f"is {_a(value)}, not true or false", "Send true or false, without quotes.")
        return value

    return check


def _media(field: Field) -> _Check:
    def check(value: object) -> dict[str, str]:
        name = value.get("asset") if isinstance(value, Mapping) and len(value) == 1 else None
        if not isinstance(name, str) or not _SHA256.fullmatch(name):
            raise _Unfit(
                f"is not an uploaded {field.kind.value}",
                f'Send the file as the multipart part "{field.name}", or {{"asset": "<its SHA-256>"}}.',
            )
        return {"asset": name}

    return check


_KINDS: dict[Kind, Callable[[Field], _Check]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.CATEGORY: _category,
    Kind.DATE: _date,
    Kind.BOOLEAN: _boolean,
    Kind.IMAGE: _media,
    Kind.AUDIO: _media,
}
