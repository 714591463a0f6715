"""Bodies about what is automated: stops, the next degree, a canary."""

from typing import Annotated, Literal

from msgspec import Meta

from hitl.flow.doors.api.shapes.base import Moment, Shape, said


class NextDegree(Shape):
    """What stands between a workflow and the degree above its own."""

    degree: Literal["human_only", "shadow", "assist", "partial", "full"]
    next: Literal["shadow", "assist", "partial", "full"] | None
    missing: Annotated[str, said("Why it may not be chosen; empty where it may.")]
    advice: str
    labels: Annotated[int | None, said("About how many more labels it takes.")]
    likely_at: Annotated[Moment | None, said("A prediction; null where it is too early to say.")]
    waits_for: Literal["nothing", "labels", "person", "unknown"]


class Stop(Shape):
    """Whether all automation of the service is stopped."""

    is_stopped: bool
    since: Moment | None
    by: str | None
    reason: str | None


class Canary(Shape):
    """A release that decides a share of the cases beside the champion."""

    release: str
    champion: str
    share: Annotated[float, said("Of the cases, from 0 to 1.")]
    step_since: Moment
    held_by: Literal["person", "signal", "balance", "proof", "ready"] | None
    reason: str | None
    end: Literal["promoted", "rolled_back", "abandoned"] | None
    answers: Annotated[int | None, said("Audited and answered; those of one group count once.")]
    wrong: float | None
    missing: Annotated[int | None, said("Answers that this step waits for.")]
    expected_at: Annotated[Moment | None, said("When they are probably there.")]


class StopReason(Shape):
    """Why automation is stopped."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]
