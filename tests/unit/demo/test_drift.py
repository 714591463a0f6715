"""The demo's worlds that change: only what is said changes, and its clock goes on alone."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from cases.services.media import inspect_file
from hitl.demo.drift.changes import (
    NEW_SPAM,
    ChangingWorld,
    DimScreens,
    NewSpam,
    YoungerCalls,
    changing_worlds,
)
from hitl.demo.drift.weeks import SteppedClock
from hitl.demo.worlds import Calls, PhoneScreens, SpamMail
from hitl.shared import clock


@pytest.mark.parametrize(
    ("world", "usual"), [(DimScreens(), PhoneScreens()), (NewSpam(), SpamMail()), (YoungerCalls(), Calls())]
)
def test_before_the_change_a_world_is_the_usual_one_under_another_name(
    world: ChangingWorld, usual: PhoneScreens | SpamMail | Calls
) -> None:
    assert world.slug != usual.slug
    if not isinstance(usual, Calls):  # where espeak-ng is installed the usual calls are speech
        assert list(islice(world.arrivals(), 3)) == list(islice(usual.arrivals(), 3))
    assert {one["name"] for one in world.labels} == {one.truth for one in islice(world.arrivals(), 40)}


def measured(world: ChangingWorld, field: str, measure: str, *, after: bool) -> float:
    """The mean of what is counted of some files."""
    arrivals = world.changed_arrivals() if after else world.arrivals()
    said = [inspect_file(one.content[field]).measures or {} for one in islice(arrivals, 25)]
    known = [float(one[measure]) for one in said if one[measure] is not None]
    return sum(known) / len(known)


def test_less_light_and_younger_voices_are_what_monitoring_counts() -> None:
    screens, calls = DimScreens(), YoungerCalls()
    before = measured(screens, "photo", "brightness", after=False)
    assert measured(screens, "photo", "brightness", after=True) < 0.7 * before
    before = measured(calls, "recording", "pitch", after=False)
    assert measured(calls, "recording", "pitch", after=True) > 1.25 * before


def test_a_quarter_of_the_mails_is_new_spam_and_each_is_another() -> None:
    mails = list(islice(NewSpam().changed_arrivals(), 800))
    new = [one for one in mails if one.reference.startswith("new-")]
    assert abs(len(new) / 800 - NEW_SPAM) < 0.06
    assert all(one.truth == "spam" for one in new)
    assert len({str(one.content) for one in new}) > 0.95 * len(new)
    assert len({one.reference for one in mails}) == 800
    assert {world.target for world in changing_worlds()} == {0.05}


def test_the_stepped_clock_is_that_of_other_processes_and_ends_with_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HITL_CLOCK_STEP", "PYTHONPATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    past = datetime.now(UTC) - timedelta(days=21)
    stepped = SteppedClock.begin(tmp_path / "step", past)
    try:
        assert timedelta() <= stepped.now() - past < timedelta(minutes=1)
        stepped.move_to(past + timedelta(days=3))
        assert stepped.move_to(past) >= past + timedelta(days=3)
        code = (
            "import time; from hitl.shared import clock\n"
            "end = time.monotonic() + 20\n"
            "while not isinstance(clock._source, clock.Steady) or clock._source is clock._steady:\n"
            "    assert time.monotonic() < end; time.sleep(0.02)\n"
            "print(clock.now().timestamp())"
        )
        path = f"{os.environ['PYTHONPATH']}{os.pathsep}{Path(__file__).parents[3]}"
        told = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
        assert abs(float(told.stdout) - stepped.now().timestamp()) < 60, told.stderr
        stepped.rejoin()
        assert abs(stepped.now() - datetime.now(UTC)) < timedelta(seconds=1)
    finally:
        clock.use(None)


def test_a_process_that_is_forked_later_reads_the_stepped_clock_as_well(tmp_path: Path) -> None:
    """Web processes are forked before the service is loaded in them, and no thread is forked with them."""
    (tmp_path / "step").write_text("-86400")
    code = (
        "import os, sys, time\n"
        "if os.fork():\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))\n"
        "from hitl.shared import clock\n"
        "end = time.monotonic() + 20\n"
        "while time.time() - clock.now().timestamp() < 80_000:\n"
        "    assert time.monotonic() < end; time.sleep(0.02)\n"
    )
    root = Path(__file__).parents[3]
    environment = {
        **os.environ,
        "HITL_CLOCK_STEP": str(tmp_path / "step"),
        "PYTHONPATH": f"{root / 'hitl/runtime/fake_time'}{os.pathsep}{root}",
    }
    assert subprocess.run([sys.executable, "-c", code], env=environment, timeout=60).returncode == 0
