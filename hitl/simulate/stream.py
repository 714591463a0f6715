"""Play a world: its history first, then case after case, with people, jobs and time as in service."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings

from cases.models import Workflow
from cases.services.imports import Labelled, import_labelled
from cases.services.kept_files import store_file
from cases.services.row_names import RowNames
from hitl.flow.intake import in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.actor import Actor, system
from hitl.simulate.checks import check
from hitl.simulate.drift import change
from hitl.simulate.errors import CannotSimulate
from hitl.simulate.fake_time import FakeTime, using
from hitl.simulate.naive import FirstModel, ask
from hitl.simulate.options import Options
from hitl.simulate.pace import chunk_size, moments
from hitl.simulate.people import Reviewers, make_operator
from hitl.simulate.reading import World
from models_store.models import Release
from models_store.services.runs import request_training
from models_store.services.schedule import change_training_settings, request_due
from models_store.types import Trigger
from monitoring.shadow.run import shadow
from monitoring.tallies.fold import LAG, fold_decisions
from monitoring.watch import watch
from policy.models import Policy
from policy.tasks import sweep_certificates
from policy.types import Degree
from science.fields import Schema

ACTOR = system("simulation")
SLUG = "simulation"
_IMPORT_CHUNK = 1_000
_A_CENTURY = 24 * 365 * 100.0  # hours; simulated services train by number of labels alone

Progress = Callable[[int, int, int], None]
"""Called with the cases done, all of them, and how many of those done were automatic."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Cases that came in together: `first` to `last`, end excluded, and what was in force then."""

    first: int
    last: int
    at: datetime
    ended_at: datetime
    degree: str
    is_stopped: bool
    audit_rate: float


@dataclass(slots=True)
class Played:
    """What was played; the database holds what became of it.

    Attributes:
        items: the cases of the stream, as they came in (drift included).
        case_ids: their identifiers; None for one that intake refused.
        n_history: labelled cases that were there before.
        first_release: the first model, and `first_case`, the first case of the stream that it could score.
        said: what it says of every case from `first_case` on.
        seconds: CPU seconds of this process by stage.
    """

    workflow_id: UUID
    items: list[Labelled]
    n_history: int
    case_ids: list[UUID | None] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    first_release: Release | None = None
    first_case: int = 0
    said: FirstModel | None = None
    answers: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the CPU time of a block under a name."""
        began = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - began


def play(world: World, options: Options, *, progress: Progress = lambda done, n, automated: None) -> Played:
    """Play the world in the connected database, which must be empty of workflows.

    Raises:
        CannotSimulate: the options do not fit the world.
    """
    n_history = check(world, options)
    times = moments(world.items)
    fake_time = FakeTime(times[n_history] - timedelta(hours=1), options.seed)
    in_force.forget()
    with using(fake_time):
        return _Play(world, options, n_history, times, fake_time, progress).run()


class _Play:
    """One replay under way."""

    def __init__(
        self,
        world: World,
        options: Options,
        n_history: int,
        times: list[datetime],
        fake_time: FakeTime,
        progress: Progress,
    ) -> None:
        self.world, self.options, self.fake_time, self.progress = world, options, fake_time, progress
        self.times = times[n_history:]
        self.operator = make_operator()
        self.workflow = self._workflow()
        version = self.workflow.schemas.get(number=1)
        self.schema: Schema = version.schema
        self.history = world.items[:n_history]
        self.played = Played(self.workflow.id, world.items[n_history:], n_history)
        self.truth: dict[UUID, tuple[int, str]] = {}
        self.people = Reviewers(
            options.reviewers,
            error=options.reviewer_error,
            labels=world.labels,
            truth=self.truth,
            seed=options.seed,
        )
        self.automated = 0

    def run(self) -> Played:
        played = self.played
        with played.stage("history"):
            self._learn_history()
        with played.stage("training"):
            self.fake_time.work()
        contents = self._contents()
        self._meet_first_model(contents, 0)
        if self.options.drift is not None:
            with played.stage("drift"):
                contents = self._drift(contents)
        n, step = len(played.items), chunk_size(len(played.items))
        for first in range(0, n, step):
            last = min(n, first + step)
            self._chunk(first, last, contents)
            self.progress(last, n, self.automated)
            if played.first_release is None:
                self._meet_first_model(contents, last)
        played.answers = self.people.answers
        return played

    def _workflow(self) -> Workflow:
        options, now = self.options, self.fake_time.now()
        workflow = set_up_workflow(
            slug=SLUG,
            name=options.file.name[:100],
            fields=self.world.fields,
            labels=[{"name": label} for label in self.world.labels],
            degree=Degree.PARTIAL,
            promise=options.promise,
            actor=ACTOR,
            now=now,
        )
        change_training_settings(
            workflow_id=workflow.id,
            min_new_labels=options.retrain_every or max(500, len(self.world.items) // 10),
            every_hours=_A_CENTURY,
            actor=self.operator,
            now=now,
        )
        return workflow

    def _learn_history(self) -> None:
        """Import the first rows. They are attested: recent, all of them, and labelled without our model."""
        names = RowNames()
        for first in range(0, len(self.history), _IMPORT_CHUNK):
            items = self.history[first : first + _IMPORT_CHUNK]
            now = self.fake_time.move_by(1)
            import_labelled(
                workflow_id=self.workflow.id, items=items, actor=ACTOR, now=now, attest=True, names=names
            )
        if self.history:
            self._train(self.operator)

    def _train(self, actor: Actor) -> None:
        now = self.fake_time.move_by(1)
        request_training(workflow_id=self.workflow.id, trigger=Trigger.HAND, actor=actor, now=now)

    def _contents(self) -> list[Mapping[str, Any]]:
        """Return the stream's contents with media stored, as a client has uploaded them before."""
        if not any(field.is_media for field in self.schema.fields):
            return [item.content for item in self.played.items]
        now = self.fake_time.now()
        return [
            {
                name: {"asset": store_file(value, workflow_id=self.workflow.id, now=now).sha256}
                if isinstance(value, bytes)
                else value
                for name, value in item.content.items()
            }
            for item in self.played.items
        ]

    def _meet_first_model(self, contents: Sequence[Mapping[str, Any]], place: int) -> None:
        release = (
            Release.objects.filter(workflow=self.workflow, role_spans__isnull=False)
            .order_by("number")
            .first()
        )
        if release is None:
            return
        with self.played.stage("fixed cutoff"):
            self.played.first_release, self.played.first_case = release, place
            self.played.said = ask(release, contents[place:], self.schema)

    def _drift(self, contents: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        played, drift = self.played, self.options.drift
        if drift is None:
            return contents
        said = played.said
        if said is None and drift.kind != "prior":
            raise CannotSimulate(
                f"--drift {drift.kind} needs a first model, and the history gave none. Give a longer --start."
            )
        n = len(played.items)
        known = said or FirstModel(np.full(n, "", dtype=object), np.full(n, np.nan))
        rng = np.random.default_rng(self.options.seed)
        played.items = change(played.items, drift, known, self.world.labels, rng)
        changed = self._contents()
        if said is not None and played.first_release is not None and changed != contents:
            played.said = ask(played.first_release, changed, self.schema)
        return changed

    def _chunk(self, first: int, last: int, contents: Sequence[Mapping[str, Any]]) -> None:
        played, now = self.played, self.fake_time.move_to(self.times[last - 1])
        with played.stage("deciding"):
            before = Policy.objects.get(workflow=self.workflow)
            items = [
                Submission(content, entity=item.entity)
                for content, item in zip(contents[first:last], played.items[first:last], strict=True)
            ]
            results = submit_cases(Intake(slug=SLUG, items=items, key=None, now=now, is_batch=True))
            for place, result in enumerate(results, start=first):
                case_id = UUID(result.case["id"]) if result.case else None
                played.case_ids.append(case_id)
                if case_id is not None:
                    self.truth[case_id] = (place, played.items[place].label)
                    self.automated += result.case["status"] == "decided" if result.case else 0
        with played.stage("people"):
            self.people.answer_all(self.workflow.id, self.fake_time)
            self.fake_time.move_by(settings.UNDO_SECONDS + 1)
        self._service()
        played.chunks.append(
            Chunk(
                first,
                last,
                now,
                self.fake_time.now(),
                before.degree,
                before.breaker_tripped_at is not None,
                before.audit_rate,
            )
        )

    def _service(self) -> None:
        """Do what beat would have rung for since the chunk before."""
        with self.played.stage("watching"):
            fold_decisions(workflow_id=self.workflow.id, now=self.fake_time.move_by(LAG.total_seconds()))
            shadow(self.workflow.id, now=self.fake_time.now(), settle=timedelta(0))
            watch(self.workflow.id, now=self.fake_time.now(), settle=timedelta(0))
            sweep_certificates()
        with self.played.stage("training"):
            request_due(now=self.fake_time.now())
            self.fake_time.work()
