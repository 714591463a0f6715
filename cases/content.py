"""Check the content of a case against its schema and bring it into one canonical form.

Compiled once per schema, so that a case costs microseconds; what fits a field its kind says (`cases.kinds`).
Canonical: every field present (null where an optional one was left out), text in Unicode NFC, numbers as
finite floats, dates in ISO form, media by the hash of their bytes.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from cases.kinds import KINDS
from cases.kinds.record import Check
from cases.kinds.unfit import Unfit, clean_text, json_type, printable
from cases.names import clean_name
from hitl.shared.errors import Problem
from hitl.shared.words import Words
from science.fields import Schema

__all__ = ["Checker", "checker_for", "clean_text", "printable"]


class Checker:
    """Validates contents of one schema version."""

    def __init__(self, schema: Schema) -> None:
        self._checks: dict[str, tuple[bool, Check]] = {
            field.name: (field.required, KINDS[field.kind].check(field)) for field in schema.fields
        }

    def check(self, raw: object) -> tuple[dict[str, Any] | None, list[Problem]]:
        """Return the canonical content and no problems, or None and everything that is wrong.

        Each problem is `{"field": "content.amount", "error": ..., "fix": ...}`.
        """
        if not isinstance(raw, Mapping):
            fix = Words("Send an object with the workflow's fields, like %(example)s", example=self.example())
            return None, [
                Problem(
                    field="content", error=Words("is %(kind)s, not an object", kind=json_type(raw)), fix=fix
                )
            ]
        content: dict[str, Any] = {}
        problems: list[Problem] = []
        if not raw.keys() <= self._checks.keys():  # é has two forms; people see one
            names = [clean_name(name) if isinstance(name, str) else name for name in raw]
            if len(set(names)) < len(names):
                twice = Counter(names).most_common(1)[0][0]
                problems.append(
                    _problem(printable(str(twice)), Words("is there twice"), Words("Send each field once."))
                )
            raw = dict(zip(names, raw.values(), strict=True))
        for name, (is_required, check) in self._checks.items():
            value = raw.get(name)
            if value is None:
                if is_required:
                    problems.append(
                        _problem(name, "is missing", Words('Add "%(name)s" to the content.', name=name))
                    )
                content[name] = None
                continue
            try:
                content[name] = check(value)
            except Unfit as unfit:
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
            shown,
            Words("is not a field of this workflow"),
            Words("Leave it out. Fields: %(names)s.", names=", ".join(self._checks)),
        )


def checker_for(schema: Schema) -> Checker:
    """Compile the schema's checks."""
    return Checker(schema)


def _problem(name: str, error: str, fix: str) -> Problem:
    return Problem(field=f"content.{name}", error=error, fix=fix)
