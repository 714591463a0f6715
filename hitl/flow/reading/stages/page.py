"""All stages of one workflow, and the step to take next."""

from dataclasses import dataclass
from datetime import datetime

from cases.models import Workflow
from hitl.flow.reading.stages.data import data
from hitl.flow.reading.stages.deployment import deployment
from hitl.flow.reading.stages.modelling import modelling
from hitl.flow.reading.stages.parts import Criterion, Stage
from hitl.flow.reading.stages.scoping import scoping
from hitl.flow.reading.stages.seen import Seen
from hitl.flow.reading.stages.watching import watching


@dataclass(frozen=True, slots=True)
class Stages:
    """The life of a workflow at one moment."""

    seen: Seen
    stages: list[Stage]

    @property
    def at(self) -> Stage | None:
        """The stage it is in: the first that is not reached; None once all are."""
        return next((one for one in self.stages if not one.is_reached), None)

    @property
    def next(self) -> Criterion | None:
        """What to do next."""
        return self.at.next if self.at else None


def stages_of(workflow: Workflow, *, now: datetime) -> Stages:
    """Read what the stages of a workflow say now."""
    seen = Seen(workflow, now)
    return Stages(seen, [read(seen) for read in (scoping, data, modelling, deployment, watching)])
