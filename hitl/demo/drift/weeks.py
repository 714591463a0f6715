"""Play days: cases come in by the API, people answer, jobs run, the service's clock goes on (ADR 0078)."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from cases.models import Workflow
from hitl.demo.client import ApiClient
from hitl.demo.drift.changes import ChangingWorld, Days
from hitl.shared import clock
from hitl.simulate.people import Reviewers
from monitoring.counts.run import count_all
from monitoring.drift.run import check_all
from monitoring.examined.run import examine_all
from monitoring.shadow.run import shadow
from monitoring.tallies.fold import fold_all
from monitoring.watch.run import watch

STEP_FILE = "HITL_CLOCK_STEP"
DAY = timedelta(days=1)
PARTS = 2  # of a day, after each of which people have answered
AFTER_MIDNIGHT = timedelta(minutes=20)  # when the day before is counted, and checked
SETTLED = timedelta(minutes=3)  # after which the watch reads what has come in


class SteppedClock:
    """The clock of all processes of the service: the system's, and the step that a file holds."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._step = timedelta(seconds=float(file.read_text()))
        clock.use(clock.Steady(wall=lambda: datetime.now(UTC) + self._step))

    @classmethod
    def begin(cls, file: Path, at: datetime) -> "SteppedClock":
        """Let it be another time, for this process and for those that it starts."""
        file.write_text(str((at - datetime.now(UTC)).total_seconds()))
        folder = str(Path(__file__).parents[2] / "runtime" / "fake_time")
        os.environ[STEP_FILE] = str(file)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
        return cls(file)

    def now(self) -> datetime:
        """The time of the service."""
        return clock.now()

    def move_by(self, seconds: float) -> datetime:
        """Step on; time never goes back."""
        self._step += timedelta(seconds=max(0.0, seconds))
        self._write()
        return self.now()

    def move_to(self, moment: datetime) -> datetime:
        """Step on to a moment, where it has not passed."""
        return self.move_by((moment - self.now()).total_seconds())

    def rejoin(self) -> None:
        """Let it be now again: the story has caught up with the system's time."""
        self._step = timedelta()
        self._write()

    def _write(self) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(self._step.total_seconds()))
        fresh.replace(self._file)


@dataclass
class Place:
    """One workflow of the story, and where its cases come from."""

    world: ChangingWorld
    workflow: Workflow
    days: Days
    automatic: list[float] = field(default_factory=list)  # share of each day
    wrong: list[float] = field(default_factory=list)  # share of the automatic decisions of each day


@dataclass
class Player:
    """Plays days of some workflows through the service."""

    client: ApiClient
    clock: SteppedClock
    places: Sequence[Place]
    people: Reviewers
    truth: dict[UUID, tuple[int, str]]
    each_part: Callable[[], None] = lambda: None

    def day(self, begins: datetime, *, has_changed: bool) -> None:
        """Play one day; afterwards it is past midnight, and what came in is checked."""
        tallies = {place.world.slug: [0, 0, 0] for place in self.places}
        for part in range(PARTS):
            self.clock.move_to(begins + (part + 0.5) / PARTS * DAY)
            for place in self.places:
                self._submit(place, has_changed, tallies[place.world.slug])
            self._answer()
            self.clock.move_by((SETTLED + timedelta(seconds=settings.UNDO_SECONDS)).total_seconds())
            self._jobs()
            self.each_part()
        for place in self.places:
            n, automatic, wrong = tallies[place.world.slug]
            place.automatic.append(automatic / n)
            place.wrong.append(wrong / automatic if automatic else 0.0)
        self.clock.move_to(begins + DAY + AFTER_MIDNIGHT)
        count_all(now=self.clock.now())
        check_all(now=self.clock.now())
        examine_all(now=self.clock.now())

    def _submit(self, place: Place, has_changed: bool, tally: list[int]) -> None:
        for example in place.days.next(place.world.a_day // PARTS, has_changed=has_changed):
            answer = self.client.submit(place.world.slug, example, reference=example.reference)
            self.truth[UUID(answer["id"])] = (len(self.truth), example.truth)
            if answer["decision"]["route"] == "auto":
                tally[1] += 1
                tally[2] += answer["answer"] != example.truth
            tally[0] += 1

    def _answer(self) -> None:
        """Let people answer what waits, and second looks at what contradicts the model."""
        for place in self.places:
            self.people.answer_all(place.workflow.pk, self.clock)

    def _jobs(self) -> None:
        """Do what beat would have rung for in so many hours."""
        fold_all(now=self.clock.now())
        count_all(now=self.clock.now())
        for place in self.places:
            shadow(place.workflow.pk, now=self.clock.now())
            watch(place.workflow.pk, now=self.clock.now())


def wait_for(is_so: Callable[[], bool], *, seconds: float, pause: float = 0.5) -> bool:
    """Wait for something in real time; whether it came."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True
