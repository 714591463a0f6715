"""Check the fields and labels somebody proposes for a workflow, and bring them into their stored form."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.names import clean_name
from cases.services.field_properties import fields_in
from cases.services.label_properties import labels_in
from hitl.shared.errors import Invalid, Problem
from science.fields import BadSchema, Schema


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
    good_fields = list(fields_in(_in_one_form(fields), problems))
    good_labels = list(labels_in(_in_one_form(labels), problems))
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
