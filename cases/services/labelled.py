"""A labelled case as it was read, and whether it fits a workflow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cases.content import Checker, printable
from cases.reference import check_entity, check_reference
from cases.selectors import asset_name
from cases.services.media import BadFile
from hitl.shared.errors import Problem
from hitl.shared.words import Words
from science.fields import Kind, Schema


@dataclass(frozen=True, slots=True)
class Labelled:
    """One case of a history as it was read: media as bytes, everything else as the API takes it.

    `case_id`: what the case is called in an export of this service. `entity`: what it belongs to, such as a
    customer, a speaker or a document.
    """

    content: Mapping[str, Any]
    label: str
    reference: str | None = None
    at: datetime | None = None
    case_id: UUID | None = None
    entity: str | None = None


@dataclass(slots=True)
class Imported:
    """The result of an import: how many cases are new, how many were known, which were refused and why.

    `unattested`: how many of the known are here without an attested label. `cases`: the new and the known.
    """

    taken: int = 0
    known: int = 0
    refused: list[tuple[int, list[Problem]]] = field(default_factory=list)
    unattested: int = 0
    cases: list[UUID] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NewCase:
    """A row that fits: its canonical content, its label, when it came in, and what it belongs to."""

    body: bytes
    label: str
    at: datetime
    entity: str | None = None


def checked(
    item: Labelled, checker: Checker, schema: Schema, *, asset: Callable[[bytes | str, Kind], str]
) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the canonical content and no problems, or None and everything that is wrong with the case.

    `asset` returns the name of an image or a recording of a kind, given its bytes or its name, or raises
    `BadFile`.
    """
    raw, bad = dict(item.content), []
    for name, kind in ((each.name, each.kind) for each in schema.fields if each.kind.is_media):
        value = raw.get(name)
        if (file := value if isinstance(value, bytes) else asset_name(value)) is not None:
            try:
                raw[name] = {"asset": asset(file, kind)}
            except BadFile as refusal:
                bad.append(_unfit(name, refusal))
    if bad:
        return None, bad
    content, problems = checker.check(raw)
    if item.label not in schema.labels:
        error = f'is "{printable(item.label)}"' if item.label else "is missing"
        problems = [
            *problems,
            Problem(
                field="label",
                error=error,
                fix=Words("Labels of this workflow: %(names)s.", names=", ".join(schema.labels)),
            ),
        ]
    for misfit in (check_reference(item.reference)[1], check_entity(item.entity)[1]):
        if misfit is not None:
            problems = [*problems, misfit]
    return (None if problems else content), problems


def _unfit(name: str, refusal: BadFile) -> Problem:
    what, _, fix = refusal.message.rstrip(".").partition(". ")
    return Problem(
        field=f"content.{name}",
        error=Words("cannot be taken in: %(why)s", why=what[:1].lower() + what[1:]),
        fix=f"{fix or 'Mend it, or leave it out'}.",
    )
