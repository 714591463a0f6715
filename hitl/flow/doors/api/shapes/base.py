"""What all bodies share: no unknown names, times with their zone, and how a problem is told."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from hitl.shared.errors import Problem


def said(description: str) -> Meta:
    """Return what the reference says of a field."""
    return Meta(description=description)


Moment = Annotated[datetime, Meta(tz=True)]


class Shape(Struct, forbid_unknown_fields=True):
    """A JSON object."""


class ProblemDocument(Shape):
    """Why a request was not carried out (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, said("For machines; does not change.")]
    errors: list[Problem] | UnsetType = UNSET
