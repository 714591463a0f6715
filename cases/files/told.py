"""What a user says about a file's columns, by options or on a page; the rest is guessed."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from cases.files.encoding import ENCODINGS, known_encoding
from cases.names import clean_name, seen
from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words
from science.fields import Kind

NONE = "-"


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a file.

    Attributes:
        label: the column with the right answers. Of this and the next two, `NONE` says that no column is it.
        reference: the column that names each case.
        time: the column that says when each case came in.
        entity: the column that says what a case belongs to: a customer, a speaker, a document.
        fields: name and kind of the columns that are fields; all others are left out.
        day_first: 1/2/2026 is the first of February; False: the second of January; None: nobody said.
        encoding: what a text file is written in.
    """

    label: str | None = None
    reference: str | None = None
    time: str | None = None
    entity: str | None = None
    fields: tuple[tuple[str, Kind], ...] | None = None
    day_first: bool | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        """Bring names into the form that a file's names are brought into.

        Raises:
            Invalid: no encoding has that name.
        """
        for role in ("label", "reference", "time", "entity"):
            if (name := getattr(self, role)) is not None:
                object.__setattr__(self, role, clean_name(name))
        if self.fields is not None:
            object.__setattr__(self, "fields", tuple((clean_name(name), kind) for name, kind in self.fields))
        if self.encoding is None:
            return
        if (known := known_encoding(self.encoding)) is None:
            error = Words('is "%(value)s"', value=seen(self.encoding[:60]))
            fix = Words(
                "Use one of %(names)s, or another that Python knows by name.", names=", ".join(ENCODINGS)
            )
            raise Invalid([Problem(field="encoding", error=error, fix=fix)])
        object.__setattr__(self, "encoding", known)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values; `from_json` reads them back."""
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        named = None if self.fields is None else [[name, kind.value] for name, kind in self.fields]
        return {**values, "fields": named}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        named = values["fields"]
        return cls(**{**values, "fields": named and tuple((name, Kind(kind)) for name, kind in named)})


NOTHING = Told()


def parse_fields(text: str) -> tuple[tuple[str, Kind], ...]:
    """Read `name:kind,...`; a name may hold colons.

    Raises:
        Invalid: a part has no kind, or a name is there twice.

    >>> [(name, kind.value) for name, kind in parse_fields("body:text,amount:number")]
    [('body', 'text'), ('amount', 'number')]
    """
    pairs, known = [], {kind.value: kind for kind in Kind}
    for part in text.split(","):
        name, colon, kind = part.strip().rpartition(":")
        if not colon or not name or kind not in known:
            fix = Words("Kinds are %(names)s.", names=", ".join(Kind))
            raise Invalid(
                [
                    Problem(
                        field="fields",
                        error=Words('"%(strip)s" is not NAME:KIND', strip=part.strip()[:60]),
                        fix=fix,
                    )
                ]
            )
        pairs.append((name, known[kind]))
    if len(dict(pairs)) < len(pairs):
        raise Invalid([Problem(field="fields", error="name a column twice", fix="Name each once.")])
    return tuple(pairs)
