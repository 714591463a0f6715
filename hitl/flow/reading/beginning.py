"""How a workflow begins from a file: its rows come in, a model learns from them, and what it could decide."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cases.models import Workflow
from hitl.flow.reading.effort import Effort, decided_at_once, effort_of
from models_store.models import TrainingSettings
from models_store.selectors import new_labels, run_since, training_settings
from models_store.web.run_presenters import ShownRun
from monitoring.promise.page import PromisePage, promise_page_of
from policy.types import DEGREE_ORDER, Degree
from policy.web.automation_page import AutomationPage
from policy.web.curves import Point
from policy.web.steps import Step


@dataclass(frozen=True)
class Beginning:
    """One import and what follows from it.

    Attributes:
        since: when the file was given.
        is_coming_in: its rows are being taken in; `has_come_in`: they are.
        said_a_week: how many cases come in a week, as somebody says.
    """

    workflow: Workflow
    since: datetime
    now: datetime
    is_coming_in: bool = False
    has_come_in: bool = True
    said_a_week: int | None = None

    @cached_property
    def run(self) -> ShownRun | None:
        """The training that the rows have brought about."""
        run = run_since(self.workflow.id, self.since)
        return ShownRun(run, self.now) if run else None

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to come without anybody's doing."""
        return self.is_coming_in or (self.run is not None and self.run.run.is_active)

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
        return decided_at_once(self.automation) if self.automation else None

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
        return effort_of(self.page, said_a_week=self.said_a_week)
