"""A labelled case as it was read, and whether it fits a workflow."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cases.content import Checker, printable
from cases.reference import check_entity, check_reference
from hitl.shared.errors import HitlError, Problem


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

    `unattested`: how many of the known are here without an attested label.
    """

    taken: int = 0
    known: int = 0
    refused: list[tuple[int, list[Problem]]] = field(default_factory=list)
    unattested: int = 0


@dataclass(frozen=True, slots=True)
class NewCase:
    """A row that fits: its canonical content, its label, when it came in, and what it belongs to."""

    body: bytes
    label: str
    at: datetime
    entity: str | None = None


def checked(
    item: Labelled, checker: Checker, labels: Collection[str], *, asset: Callable[[bytes], str]
) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the canonical content and no problems, or None and everything that is wrong with the case.

    `asset` returns the name of the bytes of an image or a recording, or raises `HitlError`.
    """
    try:
        raw = {
            name: {"asset": asset(value)} if isinstance(value, bytes) else value
            for name, value in item.content.items()
        }
    except HitlError as refusal:
        return None, [Problem(field="content", error=refusal.message, fix="Leave it out, or mend it.")]
    content, problems = checker.check(raw)
    if item.label not in labels:
        error = f'is "{printable(item.label)}"' if item.label else "is missing"
        problems = [
            *problems,
            Problem(field="label", error=error, fix=f"Labels of this workflow: {', '.join(labels)}."),
        ]
    for misfit in (check_reference(item.reference)[1], check_entity(item.entity)[1]):
        if misfit is not None:
            problems = [*problems, misfit]
    return (None if problems else content), problems
