"""Bodies about models elsewhere: their scores beside a case, and their registration."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from hitl.flow.doors.api.shapes.base import Moment, Shape, said

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Scores(Shape):
    """What a model elsewhere says of a case."""

    model: Name
    version: Name
    probabilities: Annotated[dict[str, float], said("For each label of the source's map; they add up to 1.")]


class KnownAnswer(Shape):
    """A case whose answer is known, with the scores as they will be sent."""

    label: Annotated[str, said("What is true, in the workflow's words.")]
    probabilities: dict[str, float]


class NewSource(Shape):
    """A version of a model elsewhere."""

    model: Name
    version: Name
    label_map: Annotated[dict[str, str], said("The workflow's label for each label that the model sends.")]
    known_answers: Annotated[
        list[KnownAnswer],
        Meta(min_length=20, max_length=2_000, description="At least two of each label of the map."),
    ]


class Tried(Shape):
    """How a label map did on known answers."""

    n: int
    right: int


class Source(Shape):
    """A model elsewhere, and what has come from it."""

    id: UUID
    door: Literal["score_in"]
    model: str
    version: str
    label_map: dict[str, str]
    sha256: Annotated[str, said("Of door, model, version, prompt and label map.")]
    known_answers: Tried
    proposed_at: Moment
    confirmed_at: Annotated[Moment | None, said("Null until a person confirms it: nobody listens to it.")]
    retired_at: Moment | None
    received: Annotated[int, said("Cases that came with something of it.")]
    usable: Annotated[int, said("Of them, with a score.")]
    unusable: Annotated[dict[str, int], said("Of the others, how many for which reason.")]
    labelled: Annotated[int, said("Usable scores of cases that people have labelled.")]
    release: str | None


class SourceList(Shape):
    """The models elsewhere of a workflow."""

    items: list[Source]
