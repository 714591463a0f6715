"""Time, identifiers and jobs of a replay, from one place: the same seed gives the same outcome."""

import random
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app

from hitl.shared import clock, ids, jobs

_TICK = timedelta(milliseconds=1)


class FakeTime:
    """A clock that moves when it is told, identifiers in its order, and the jobs that were rung for."""

    def __init__(self, begins: datetime, seed: int) -> None:
        self._now = begins
        self._random = random.Random(f"identifiers of {seed}")  # noqa: S311 - nobody is to be kept out
        self._last = 0
        self._rung: deque[tuple[str, tuple[Any, ...]]] = deque()

    def now(self) -> datetime:
        """The time of the replay."""
        return self._now

    def move_to(self, moment: datetime) -> datetime:
        """Go on to a moment, or by the least bit where it has passed: time never stands or goes back."""
        self._now = max(moment, self._now + _TICK)
        return self._now

    def move_by(self, seconds: float) -> datetime:
        """Go on by some seconds."""
        return self.move_to(self._now + timedelta(seconds=seconds))

    def new_id(self) -> UUID:
        """Return the next UUIDv7: milliseconds and a counter, ever rising, then 62 bits from the seed."""
        milliseconds = int(self._now.timestamp() * 1000)
        self._last = max(self._last + 1, milliseconds << 12)
        time, counter = self._last >> 12, self._last & 0xFFF
        value = time << 80 | 7 << 76 | counter << 64 | 2 << 62 | self._random.getrandbits(62)
        return UUID(int=value)

    def ring(self, name: str, args: tuple[Any, ...]) -> None:
        """Note a job; `work` does it."""
        self._rung.append((name, args))

    def work(self) -> None:
        """Do every job that was rung for, here and now, and what those ring for."""
        while self._rung:
            name, args = self._rung.popleft()
            current_app.loader.import_default_modules()  # once
            current_app.tasks[name](*args)


@contextmanager
def using(fake_time: FakeTime) -> Iterator[None]:
    """Give the whole process this time, these identifiers and jobs inside the block."""
    clock.use(fake_time.now)
    ids.use(fake_time.new_id)
    jobs.use(fake_time.ring)
    try:
        yield
    finally:
        clock.use(None)
        ids.use(None)
        jobs.use(None)
