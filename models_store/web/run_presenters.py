"""Training runs as the pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext, gettext_noop

from hitl.shared.numbers import number
from hitl.shared.words import shown
from hitl.web.format import local
from models_store.models import TrainingRun
from models_store.types import RunStatus, RunStep
from models_store.web.presenters import Badge, badge

_STATUS = {
    RunStatus.QUEUED: (gettext_noop("waits for a worker"), "neutral", "clock"),
    RunStatus.RUNNING: (gettext_noop("running"), "accent", "play"),
    RunStatus.SUCCEEDED: (gettext_noop("made a model"), "good", "check"),
    RunStatus.REFUSED: (gettext_noop("refused by the gate"), "warn", "hand"),
    RunStatus.FAILED: (gettext_noop("failed"), "bad", "circle-x"),
    RunStatus.CANCELLED: (gettext_noop("cancelled"), "neutral", "x"),
}


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a run's log."""

    step: RunStep
    result: str
    at: datetime
    took: str
    lines: list[tuple[str, str]]
    state: str  # done, open, trouble
    attempt: int

    @property
    def is_open(self) -> bool:
        """Whether its lines are shown at once: while it is under way, and what the gate said."""
        return self.state == "open" or self.step is RunStep.GATE


@dataclass(frozen=True)
class ShownRun:
    """A training run with what its page says of it."""

    run: TrainingRun
    now: datetime

    @property
    def status(self) -> Badge:
        """Its status."""
        return badge(*_STATUS[RunStatus(self.run.status)])

    @property
    def trigger(self) -> str:
        """Why it was started, and by whom."""
        by = f", {self.run.requested_by_name}" if self.run.requested_by_name else ""
        return f"{self.run.get_trigger_display()}{by}"

    @property
    def took(self) -> str:
        """How long its last attempt took, or takes so far."""
        if self.run.started_at is None:
            return ""
        return seconds((self.run.finished_at or self.now) - self.run.started_at)

    @cached_property
    def steps(self) -> list[StepLine]:
        """The log, oldest first."""
        return [_step(entry, self.run) for entry in self.run.log]

    @property
    def place(self) -> int:
        """How many steps of the present attempt are behind it."""
        done = {
            line.step for line in self.steps if line.attempt == self.run.attempts and line.state == "done"
        }
        return len(done)

    @property
    def n_steps(self) -> int:
        """How many steps there are."""
        return len(RunStep)

    @property
    def outlook(self) -> list[str]:
        """The steps that have not begun."""
        begun = {line.step for line in self.steps if line.attempt == self.run.attempts}
        return [str(step.label) for step in RunStep if step not in begun] if self.run.is_active else []


def _step(entry: Mapping[str, Any], run: TrainingRun) -> StepLine:
    at = datetime.fromisoformat(entry["at"])
    is_over = "until" in entry
    if entry.get("is_trouble") or (not is_over and (not run.is_active or entry["attempt"] != run.attempts)):
        state = "trouble"
    else:
        state = "done" if is_over else "open"
    return StepLine(
        step=RunStep(entry["step"]),
        result=shown(entry.get("result", "")) or (gettext("It ended here.") if state == "trouble" else ""),
        at=at,
        took=seconds(datetime.fromisoformat(entry["until"]) - at) if is_over else "",
        lines=[
            (f"{local(datetime.fromisoformat(line['at'])):%H:%M:%S}", shown(line["words"]))
            for line in entry["lines"]
        ],
        state=state,
        attempt=entry["attempt"],
    )


def seconds(duration: Any) -> str:
    """Say a duration: tenths below ten seconds, minutes above ninety.

    >>> from datetime import timedelta
    >>> seconds(timedelta(seconds=3.21)), seconds(timedelta(seconds=42)), seconds(timedelta(seconds=125))
    ('3.2 s', '42 s', '2 min 5 s')
    """
    total = float(duration.total_seconds())
    if total < 10:
        return f"{number(total, '.1f')} s"
    return f"{total:.0f} s" if total < 90 else f"{int(total // 60)} min {int(total % 60)} s"
