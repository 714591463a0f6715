"""What a case is made of: kinds of fields, and the schema a model is trained for."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from science.kinds import audio, boolean, category, date, image, number, text
from science.kinds.traits import Traits


class Kind(StrEnum):
    """The kinds of value a case may carry: the names of records, in the order in which people see them.

    A row is a mapping from field name to value; what type a value has stands at the head of its kind's
    module. Ask `kind.traits` instead of comparing members (ADR 0041).

    >>> Kind("number").traits.has_range
    True
    """

    traits: Traits

    TEXT = text.TRAITS
    NUMBER = number.TRAITS
    CATEGORY = category.TRAITS
    DATE = date.TRAITS
    BOOLEAN = boolean.TRAITS
    IMAGE = image.TRAITS
    AUDIO = audio.TRAITS

    def __new__(cls, traits: Traits) -> Self:
        """Make the member that a record names; its value is that name."""
        member = str.__new__(cls, traits.name)
        member._value_ = traits.name
        member.traits = traits
        return member

    @property
    def is_media(self) -> bool:
        """Whether a value is the bytes of a file."""
        return self.traits.family == "media"


class BadSchema(ValueError):
    """A schema that cannot be used; the message names the field and the fix."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a case, and what may be shown of it.

    `show`: explanations may point at it. `mutable`: a counterfactual may propose another value.
    `personal`: it identifies or describes a person, and pages mask it.
    """

    name: str
    kind: Kind
    required: bool = True
    options: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    show: bool = True
    mutable: bool = True
    personal: bool = False

    def __post_init__(self) -> None:
        if not self.name or self.name != self.name.strip():
            raise BadSchema(f"field name {self.name!r}: give it a name without surrounding spaces")
        if self.kind not in tuple(Kind):
            raise BadSchema(f"field {self.name!r}: kind must be one of {', '.join(Kind)}")
        traits = self.kind.traits
        if self.options and not traits.has_options:
            able = " or ".join(kind for kind in Kind if kind.traits.has_options)
            raise BadSchema(f"field {self.name!r}: only a {able} has options")
        if len(set(self.options)) != len(self.options):
            raise BadSchema(f"field {self.name!r}: an option is listed twice")
        for bound in (self.minimum, self.maximum):
            if bound is not None and not math.isfinite(bound):
                raise BadSchema(f"field {self.name!r}: minimum and maximum must be finite numbers")
        if (self.minimum is not None or self.maximum is not None) and not traits.has_range:
            able = " or ".join(kind for kind in Kind if kind.traits.has_range)
            raise BadSchema(f"field {self.name!r}: only a {able} has a minimum or a maximum")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise BadSchema(f"field {self.name!r}: minimum is above maximum")
        if self.max_length is not None and self.max_length < 1:
            raise BadSchema(f"field {self.name!r}: max_length must be at least 1")

    @property
    def is_media(self) -> bool:
        """Whether the value is the bytes of a file."""
        return self.kind.is_media

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Field:
        """Read what `to_json` wrote; unknown keys are refused by name."""
        known = set(cls.__dataclass_fields__)
        unknown = sorted(set(data) - known)
        if unknown:
            raise BadSchema(f"field {data.get('name')!r}: unknown keys {', '.join(unknown)}")
        if "name" not in data or "kind" not in data:
            raise BadSchema("every field needs a name and a kind")
        values = dict(data)
        try:
            values["kind"] = Kind(values["kind"])
        except ValueError:
            message = f"field {data['name']!r}: kind must be one of {', '.join(Kind)}"
            raise BadSchema(message) from None
        values["options"] = tuple(values.get("options") or ())
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Every attribute as JSON values; `from_json` reads it back."""
        data: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**data, "kind": self.kind.value, "options": list(self.options)}


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of a workflow's cases and the labels they can get."""

    fields: tuple[Field, ...]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        for what, names in (("field", [f.name for f in self.fields]), ("label", list(self.labels))):
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise BadSchema(f"{what} {doubled[0]!r} is there twice: give each its own name")
        if any(not label or label != label.strip() for label in self.labels):
            raise BadSchema("a label must not be empty or have surrounding spaces")

    def field(self, name: str) -> Field:
        """The field of that name (KeyError when there is none)."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def sha256(self) -> str:
        """SHA-256 (hex) of what a model is trained for.

        Field names, kinds and constraints and the set of labels count; the order in which they are
        listed and the display flags do not, so that rearranging a form retires no model.
        """
        fields = sorted(
            (
                {
                    "name": f.name,
                    "kind": f.kind.value,
                    "required": f.required,
                    "options": sorted(f.options),
                    "minimum": None if f.minimum is None else float(f.minimum),
                    "maximum": None if f.maximum is None else float(f.maximum),
                    "max_length": f.max_length,
                }
                for f in self.fields
            ),
            key=lambda data: str(data["name"]),
        )
        canonical = json.dumps(
            {"fields": fields, "labels": sorted(self.labels)},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=True,
        )
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Schema:
        """Read what `to_json` wrote, checking it."""
        try:
            fields, labels = data["fields"], data["labels"]
        except KeyError as missing:
            raise BadSchema(f"a schema needs {missing}") from None
        return cls(tuple(Field.from_json(field) for field in fields), tuple(labels))

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` reads it back."""
        return {"fields": [field.to_json() for field in self.fields], "labels": list(self.labels)}
