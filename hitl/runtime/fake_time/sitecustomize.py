"""Let every process of the service read the time of day with a step that a file holds, in seconds.

Python imports a module of this name when it begins. `bench faults` puts this folder on the path of the
service that it hurts, `demo --drift` on that of the service whose weeks pass in minutes (ADR 0078). What is
stepped is the system's time as `hitl.shared.clock` reads it; the monotonic clock goes on, as it does when a
machine's clock is set.
"""

import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


def _step(file: Path) -> timedelta:
    try:
        return timedelta(seconds=float(file.read_text()))
    except (OSError, ValueError):
        return timedelta()


def _wait_for_the_clock(file: Path) -> None:
    while "hitl.shared.clock" not in sys.modules or not hasattr(sys.modules["hitl.shared.clock"], "use"):
        time.sleep(0.1)
    clock = sys.modules["hitl.shared.clock"]
    clock.use(clock.Steady(wall=lambda: datetime.now(UTC) + _step(file)))


def _begin() -> None:
    place = Path(os.environ["HITL_CLOCK_STEP"])
    threading.Thread(target=_wait_for_the_clock, args=(place,), daemon=True).start()


if "HITL_CLOCK_STEP" in os.environ:
    _begin()
    os.register_at_fork(after_in_child=_begin)  # a thread is not forked, and web processes are
