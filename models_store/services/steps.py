"""The log of a training run as its page shows it: steps with times, lines and results."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from hitl.shared.words import Words, as_words
from models_store.models import TrainingRun
from models_store.services.runs import note
from models_store.types import RunStep

Clock = Callable[[], datetime]
MAX_LINES = 200


class Steps:
    """Writes the log of one attempt. Every line is a sign of life, and stops a run that was taken over."""

    def __init__(self, run: TrainingRun, clock: Clock) -> None:
        self.run, self._clock = run, clock
        for entry in run.log:
            entry.setdefault("result", Words("The worker stopped here; another attempt follows."))

    @contextmanager
    def step(self, which: RunStep) -> Iterator["Step"]:
        """Open a step; it is closed with its result, or left open by what goes wrong in it.

        Raises:
            RunIsOver: the run was cancelled, or given to another worker.
        """
        now = self._clock()
        entry: dict[str, Any] = {
            "step": which, "attempt": self.run.attempts, "at": now.isoformat(), "lines": [],
        }  # fmt: skip
        self.run.log.append(entry)
        self.run.step = which
        self._write(now)
        step = Step(self, entry)
        yield step
        now = self._clock()
        entry |= {"until": now.isoformat(), "result": step.result}
        self._write(now)

    def stop(self, reason: str) -> None:
        """Close the open step with the reason why the run ends in it."""
        now = self._clock()
        for entry in self.run.log:
            if "result" not in entry:
                entry |= {"until": now.isoformat(), "result": reason, "is_trouble": True}
        self._write(now)

    def _write(self, now: datetime) -> None:
        note(run=self.run, now=now, log=self.run.log, step=self.run.step)


class Step:
    """One step while it is under way. `result` is what it came to, in a sentence."""

    def __init__(self, steps: Steps, entry: dict[str, Any]) -> None:
        self.result = ""
        self._steps, self._entry = steps, entry

    def say(self, words: str) -> None:
        """Add a line.

        Raises:
            RunIsOver: the run was cancelled, or given to another worker.
        """
        now = self._steps._clock()
        if len(self._entry["lines"]) < MAX_LINES:
            self._entry["lines"].append({"at": now.isoformat(), "words": as_words(words)})
        self._steps._write(now)
