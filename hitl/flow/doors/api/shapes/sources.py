"""Bodies about models elsewhere: their scores beside a case, and their registration."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from hitl.flow.doors.api.shapes.base import Moment, Shape, said

DoorName = Literal["score_in", "oip", "mlflow", "template", "chat", "onnx"]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class KnownAnswer(Shape):
    """A case whose answer is known, with the scores as they will be sent."""

    label: Annotated[str, said("What is true, in the workflow's words.")]
    probabilities: Annotated[dict[str, float] | UnsetType, said("As they will be sent.")] = UNSET
    content: Annotated[dict[str, Any] | UnsetType, said("Of a source that is asked: the case.")] = UNSET


class NewSource(Shape):
    """A version of a model elsewhere."""

    model: Name
    version: Name
    label_map: Annotated[dict[str, str], said("The workflow's label for each label that the model sends.")]
    known_answers: Annotated[
        list[KnownAnswer],
        Meta(min_length=20, max_length=2_000, description="At least two of each label of the map."),
    ]
    door: Annotated[DoorName | UnsetType, said("How its scores come; with the cases, if absent.")] = UNSET
    address: Annotated[str | UnsetType, said("Where it is asked.")] = UNSET
    file: Annotated[str | UnsetType, said("The ONNX file that workers run, in base64.")] = UNSET
    secret: Annotated[str | UnsetType, said("The header Authorization; never shown again.")] = UNSET
    options: Annotated[dict[str, Any] | UnsetType, said("Of the door.")] = UNSET
    seconds: Annotated[float, Meta(ge=0.1, le=120, description="For one answer.")] | UnsetType = UNSET
    deadline_seconds: (
        Annotated[float, Meta(ge=0.1, le=3600, description="That a case waits before a person is asked.")]
        | UnsetType
    ) = UNSET
    price: Annotated[float, Meta(ge=0, le=1e6, description="Of a request, or 1,000 tokens.")] | UnsetType = (
        UNSET
    )


class Tried(Shape):
    """How a label map did on known answers."""

    n: int
    right: int


class Source(Shape):
    """A model elsewhere, and what has come from it."""

    id: UUID
    door: DoorName
    model: str
    version: str
    address: str | None
    label_map: dict[str, str]
    sha256: Annotated[str, said("Of door, model, version, prompt, file and label map.")]
    known_answers: Annotated[Tried | None, said("Null until a worker has tried it.")]
    proposed_at: Moment
    confirmed_at: Annotated[Moment | None, said("Null until a person confirms it: nobody listens to it.")]
    retired_at: Moment | None
    received: Annotated[int, said("Cases that came with something of it.")]
    usable: Annotated[int, said("Of them, with a score.")]
    unusable: Annotated[dict[str, int], said("Of the others, how many for which reason.")]
    labelled: Annotated[int, said("Usable scores of cases that people have labelled.")]
    awaited: Annotated[int, said("Cases whose score is being asked for.")]
    milliseconds: Annotated[float | None, said("Mean per case that it was asked about.")]
    cost: Annotated[float | None, said("The same.")]
    spared: Annotated[
        int, said("Cases that it was not asked about, since the first model of a cascade was sure of them.")
    ]
    cost_per_case: Annotated[
        float | None, said("What it has cost for each case that came in, asked about or spared.")
    ]
    trouble: Annotated[str | None, said("Why its last answer was of no use.")]
    release: str | None


class SourceList(Shape):
    """The models elsewhere of a workflow."""

    items: list[Source]
