"""Bodies about cases: what is sent, what is answered, what was decided."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from hitl.flow.doors.api.shapes.base import Moment, Shape, said
from hitl.shared.errors import Problem
from policy.types import REASONS, ROUTES


class Decision(Shape):
    """What was decided, as far as a submitter may know: nothing of the model while a person is awaited."""

    route: Annotated[Literal[tuple(route for route, _ in ROUTES)], said("Who decides.")]  # type: ignore[valid-type]  # named there
    reason: Annotated[Literal[(*(reason for reason, _ in REASONS), "imported")], said("Why; see the list.")]  # type: ignore[valid-type]  # as above
    label: str | None
    confidence: Annotated[float | None, said("Calibrated probability that the label is right.")]
    release: str | None
    cutoff_set: UUID | None
    certificate: UUID | None
    decided_at: Moment | None


class Case(Shape):
    """A case with its status and answer."""

    id: UUID
    workflow: str
    reference: str | None
    status: Literal["waiting", "decided", "withdrawn"]
    answer: Annotated[str | None, said("What the case counts as now.")]
    is_final: Annotated[bool, said("False while the answer may still be taken back.")]
    received_at: Moment
    decision: Decision


class HistoryEntry(Decision):
    """One decision in the history of a case."""

    epoch: Annotated[
        int, said("1 when the case comes in; one more each time it is looked at again while it waits.")
    ]
    sequence: Annotated[int, said("0 is the routing.")]
    by: Literal["service", "person", "submitter"]
    at: Moment


class History(Shape):
    """Every decision about a case, oldest first."""

    case: UUID
    items: list[HistoryEntry]


class Submission(Shape):
    """One case to decide."""

    content: Annotated[dict[str, Any], said("The workflow's fields.")]
    reference: Annotated[
        str, Meta(max_length=200, description="Your own name for it, unique in the workflow.")
    ] | (UnsetType) = UNSET
    entity: Annotated[
        str,
        Meta(
            max_length=200,
            description="What it belongs to, if cases belong together: a customer, a speaker, a document.",
        ),
    ] | (UnsetType) = UNSET
    scores: Annotated[
        Any | UnsetType,
        Meta(
            description="Of a model elsewhere, or an array of five at most. "
            "What is no score refuses nothing: a person decides then.",
            examples=[
                {"model": "risk", "version": "7", "probabilities": {"good": 0.93, "bad": 0.07}},
            ],
        ),
    ] = UNSET


class SubmissionWithFiles(Shape):
    """One case with its files: each media field is a part of its own, named after it, with a filename."""

    content: Annotated[str, said("The other fields, as JSON.")] | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    entity: str | UnsetType = UNSET
    scores: Annotated[str | UnsetType, said("Of models elsewhere, as JSON.")] = UNSET
    photo: Annotated[bytes, said("An example of a field.")] | UnsetType = UNSET


class BatchItem(Shape):
    """What became of one case of a batch."""

    index: Annotated[int, said("Its place in the batch, from 0.")]
    status: Annotated[int, said("201 taken in, 409 reference taken, 422 does not fit.")]
    case: Case | UnsetType = UNSET
    errors: list[Problem] | UnsetType = UNSET


class BatchAnswer(Shape):
    """What became of a batch."""

    accepted: int
    rejected: int
    items: list[BatchItem]


class NamedCase(Shape):
    """A case that was taken in; `GET` tells the rest."""

    id: UUID
    reference: str | None


class LaterItem(Shape):
    """What became of one case of a batch that was worked on later."""

    index: int
    status: int
    case: NamedCase | UnsetType = UNSET
    errors: list[Problem] | UnsetType = UNSET


class Batch(Shape):
    """A batch that is worked on later."""

    id: UUID
    status: Literal["queued", "running", "done", "failed"]
    received_at: Moment
    finished_at: Moment | None
    accepted: int
    rejected: int
    items: list[LaterItem]
    reason: str | None


class CasePage(Shape):
    """A page of cases, newest first."""

    items: list[Case]
    next: Annotated[UUID | None, said("The cursor of the next page; null at the end.")]


class Asset(Shape):
    """A file that was taken in."""

    asset: Annotated[str, said('Put `{"asset": "..."}` into the field of a case.')]
    media_type: str
    size_bytes: int
    width: int | None
    height: int | None
    duration_ms: int | None
