"""Drift: false alarms of a clean year, injected faults, power beside the exact test, cost beside scipy."""

import sys
from collections.abc import Callable, Iterator, Sequence

from django.core.management import call_command
from django.core.management.base import CommandError

from bench import _monitoring_jobs as jobs
from bench._monitoring_jobs import JOB_FAULTS, JobsWorld
from bench._monitoring_peers import peers
from bench._monitoring_power import cost, power, same_bytes
from bench._monitoring_year import DAY, FAULTS, FIRST, HISTORY, Fault, Odd, YearWorld
from hitl.bench.options import Options
from hitl.bench.rows import Row

YEAR = 365
MAX_ALARMS = 12.0
PATIENCE = 10  # days after a fault should have been caught for which it is still waited for


def _clean(quick: bool) -> Iterator[Row]:
    days = YEAR // 4 if quick else YEAR
    world = YearWorld(seed=1)
    for day in range(HISTORY):
        world.count(day, Odd())
    for day in range(HISTORY, HISTORY + days):
        world.live(day, Odd())
    rose = world.raised()
    note = "; ".join(f"{key.field or key.measure} ({where})" for key, where, _ in rose)
    yield Row(
        f"alarms of {days} clean days, 20 fields", "", len(rose), bar=MAX_ALARMS * days / YEAR, note=note
    )


def _faults(quick: bool) -> Iterator[Row]:
    caught, some = 0, FAULTS[::3] if quick else FAULTS
    for number, fault in enumerate(some):
        days = _days_until(fault, seed=100 + number)
        caught += days is not None and days <= fault.within
        yield Row(f"  {fault.name}, of {fault.within}", "days", days)
    yield Row(f"caught in time, of {len(some)} faults", "", caught, bar=len(some), more_is_better=True)


def _days_until(fault: Fault, *, seed: int) -> int | None:
    """Return after how many days the fault's own metric raised an alarm; None where it did not."""
    world = YearWorld(seed=seed)
    for day in range(HISTORY):
        world.count(day, Odd())
    for n in range(fault.within + PATIENCE):
        world.live(HISTORY + n, fault.odd(n))
        found = [at for key, _, at in world.raised() if key == fault.key]
        if found:
            return (min(found) - FIRST) // DAY - HISTORY
    return None


def _through_jobs(quick: bool) -> Iterator[Row]:
    days = 28 if quick else YEAR
    with JobsWorld(seed=1).running() as world:
        for day in range(jobs.HISTORY + days):
            world.day(day, is_checked=day >= jobs.HISTORY)
        rose = world.raised()
    note = "; ".join(f"{key.field or key.measure} on day {day}" for key, day in rose)
    yield Row(
        f"alarms of {days} clean days through all jobs",
        "",
        len(rose),
        bar=MAX_ALARMS * days / YEAR,
        note=note,
    )


def _job_faults(quick: bool) -> Iterator[Row]:
    caught = 0
    for number, fault in enumerate(JOB_FAULTS):
        with JobsWorld(seed=200 + number).running() as world:
            for day in range(jobs.HISTORY):
                world.day(day, is_checked=False)
            days = None
            for n in range(fault.within + PATIENCE):
                world.day(jobs.HISTORY + n, fault.change(n))
                found = [at for key, at in world.raised() if key in fault.keys]
                if found:
                    days = min(found) - jobs.HISTORY
                    break
        caught += days is not None and days <= fault.within
        yield Row(f"  {fault.name}, of {fault.within}", "days", days)
    n = len(JOB_FAULTS)
    yield Row(f"caught in time through all jobs, of {n} faults", "", caught, bar=n, more_is_better=True)


PARTS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "clean": _clean,
    "jobs": _through_jobs,
    "faults": _faults,
    "job-faults": _job_faults,
    "power": power,
    "bytes": same_bytes,
    "cost": cost,
    "peers": peers,
}


def run_with(options: Options) -> Sequence[Row]:
    """Measure the parts asked for; a quarter of a year and every third fault when quick.

    Raises:
        CommandError: there is no such part.
    """
    if unknown := set(options.only) - set(PARTS):
        raise CommandError(f"No part {', '.join(sorted(unknown))}. There are {', '.join(PARTS)}.")
    call_command("migrate", interactive=False, verbosity=0)
    rows = []
    for name in options.only or PARTS:
        for row in PARTS[name](options.quick):
            print(f"{row.name}: {row.measured} {row.unit} {row.note}", file=sys.stderr, flush=True)
            rows.append(row)
    return rows


def run(quick: bool) -> Sequence[Row]:
    """As `run_with`, with all parts."""
    return run_with(Options(quick=quick))
