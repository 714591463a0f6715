"""How a workflow begins from a file: its rows come in, a model learns from them, and what it could decide."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cases.models import FileImport, Workflow
from cases.types import FileImportStatus
from models_store.models import TrainingSettings
from models_store.selectors import new_labels, run_since, training_settings
from models_store.web.run_presenters import ShownRun
from monitoring.promise.page import PromisePage, promise_page_of
from monitoring.promise.wait import Wait
from policy.types import DEGREE_ORDER, Degree
from policy.web.automation_page import AutomationPage
from policy.web.curves import Point
from policy.web.steps import Step
from science.ramp import ramp_of

USUAL_SECONDS = 20.0  # an answer takes, where nobody has answered yet
USUAL_A_WEEK = 1_000  # cases, where none have come in and nobody has said


@dataclass(frozen=True)
class Effort:
    """What a number of cases a week takes of people while the model's certificate is provisional.

    Attributes:
        a_week: cases; `is_said`: by whoever asks, else as in the last week.
        read: of them by people.
        seconds: an answer; `is_measured`: the median here, else assumed.
        wait: until the promise is proved; None where no number of answers would do.
    """

    a_week: int
    is_said: bool
    read: int
    seconds: float
    is_measured: bool
    wait: Wait | None
    now: datetime

    @property
    def hours(self) -> float:
        """Of reading, a week."""
        return self.read * self.seconds / 3600

    @property
    def proved_at(self) -> datetime | None:
        """The likely day of the first proof; None where it is years away."""
        return self.now + timedelta(days=self.wait.days) if self.wait and self.wait.days else None


@dataclass(frozen=True)
class Beginning:
    """One import and what follows from it."""

    workflow: Workflow
    row: FileImport
    now: datetime
    said_a_week: int | None = None

    @cached_property
    def run(self) -> ShownRun | None:
        """The training that the rows have brought about."""
        run = run_since(self.workflow.id, self.row.given_at)
        return ShownRun(run, self.now) if run else None

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to come without anybody's doing."""
        return self.row.is_active or (self.run is not None and self.run.run.is_active)

    @property
    def has_come_in(self) -> bool:
        """Whether its rows are taken in."""
        return self.row.status == FileImportStatus.DONE

    @cached_property
    def settings(self) -> TrainingSettings:
        """When the workflow trains by itself."""
        return training_settings(self.workflow.id)

    @cached_property
    def labels(self) -> int:
        """Labels that a model may learn from."""
        return new_labels(self.workflow.id, since=None)

    @cached_property
    def page(self) -> PromisePage | None:
        """The promise and what the model could decide under it; None until the run has made the champion."""
        if not self.has_come_in or self.run is None or self.run.run.is_active:
            return None
        page = promise_page_of(self.workflow, now=self.now)
        release = page.automation.release
        return page if release is not None and release.pk == self.run.run.release_id else None

    @property
    def automation(self) -> AutomationPage | None:
        """How the workflow is decided."""
        return self.page.automation if self.page else None

    @property
    def accepted(self) -> Point | None:
        """What the cutoffs accept of the labelled cases; None where nothing may be automated."""
        return self.automation.total if self.automation else None

    @property
    def at_once(self) -> float | None:
        """Share of cases that the model may decide from the next one on."""
        if self.automation is None or self.accepted is None:
            return None
        return self.accepted.automation * ramp_of(is_provisional=self.automation.is_ramped)

    @property
    def step(self) -> Step | None:
        """The degree under which it decides."""
        steps = self.automation.steps if self.automation else []
        return next((step for step in steps if step.value == Degree.PARTIAL), None)

    @property
    def is_on(self) -> bool:
        """Whether the model decides already."""
        degree = self.page.policy.degree if self.page else Degree.HUMAN_ONLY
        return DEGREE_ORDER.index(degree) >= DEGREE_ORDER.index(Degree.PARTIAL)

    @cached_property
    def effort(self) -> Effort | None:
        """What it takes of people, by the cases of the last week or as many as were said."""
        if self.page is None or self.at_once is None:
            return None
        came = self.page.week.total
        a_week = self.said_a_week or came or USUAL_A_WEEK
        seconds = self.page.pace.seconds
        return Effort(
            a_week=a_week,
            is_said=self.said_a_week is not None or not came,
            read=round(a_week * (1 - self.at_once * (1 - self.page.policy.audit_rate))),
            seconds=seconds or USUAL_SECONDS,
            is_measured=seconds is not None,
            wait=self.page.wait_at(a_week),
            now=self.now,
        )
