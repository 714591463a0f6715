"""Bodies about recalls."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from hitl.flow.doors.api.shapes.base import Moment, Shape, said


class RecallTakes(Shape):
    """What a recall takes: only what is named."""

    release: str | UnsetType = UNSET
    label: str | UnsetType = UNSET
    since: str | UnsetType = UNSET
    until: str | UnsetType = UNSET
    field: str | UnsetType = UNSET
    value: str | UnsetType = UNSET
    entity: str | UnsetType = UNSET


class NewRecall(Shape):
    """A recall to begin; at least one of the first seven is named."""

    per_day: Annotated[int, Meta(ge=1, le=100_000, description="Cases a day that people are asked about.")]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    release: Annotated[UUID | UnsetType, said("The id of a model.")] = UNSET
    label: Annotated[str | UnsetType, said("What was decided.")] = UNSET
    since: Moment | UnsetType = UNSET
    until: Moment | UnsetType = UNSET
    field: str | UnsetType = UNSET
    value: Annotated[str | UnsetType, said("Of the field, as text.")] = UNSET
    entity: str | UnsetType = UNSET


class RecallRest(Shape):
    """What may still be wrong in one period of the error budget."""

    begins_at: str
    ends_at: str
    label: str | None
    decisions: int
    at_most: Annotated[float, said("Wrong decisions as delivered, at most.")]
    still_at_most: Annotated[float, said("The same, less all that were found and mended.")]


class RecallFound(Shape):
    """How far a recall is, and what it has found."""

    total: int
    waiting: Annotated[int, said("Nobody has been asked about them yet.")]
    asked: int
    answered: int
    passed_by: Annotated[int, said("People had spoken before their turn came, or they were withdrawn.")]
    wrong: int
    rest: list[RecallRest]


class Recall(Shape):
    """A recall of automatic decisions."""

    id: UUID
    takes: RecallTakes
    reason: str
    per_day: int
    begun_at: Moment
    begun_by: str
    is_listed: bool
    closed_at: Moment | None
    found: RecallFound


class RecallList(Shape):
    """The recalls of a workflow."""

    items: list[Recall]
