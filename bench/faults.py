"""What happens while things go wrong: load held, nothing lost, nothing twice, health answered, nothing left
behind.

Each fault comes while cases are sent and health is asked; the accounts are made at the end. `--only` names
faults.
"""

import logging
import sys
from collections.abc import Sequence

from django.core.management.base import CommandError

from bench._faults_clients import large_bodies, login_storm, nothing, slow_clients, subscribers
from bench._faults_commands import commands
from bench._faults_inside import (
    broker_gone,
    clock_steps,
    deadlocks,
    disk_full,
    events_without_cases,
    half_written,
    kills,
    postgres_gone,
)
from bench._faults_load import Fault, Ledger
from bench._faults_service import Service, service
from hitl.bench.options import Options
from hitl.bench.rows import Row
from hitl.bench.table import table

log = logging.getLogger(__name__)

FAULTS: dict[str, Fault] = {
    "slow": slow_clients,
    "large": large_bodies,
    "login": login_storm,
    "subscribers": subscribers,
    "broker": broker_gone,
    "deadlock": deadlocks,
    "disk": disk_full,
    "clock": clock_steps,
    "kills": kills,
    "postgres": postgres_gone,
}
COMMANDS = "commands"


def run(quick: bool) -> Sequence[Row]:
    """Let everything go wrong, one after the other."""
    return run_with(Options(quick=quick))


def run_with(options: Options) -> Sequence[Row]:
    """Let the named faults happen, all where none is named."""
    if unknown := set(options.only) - {*FAULTS, COMMANDS}:
        known = ", ".join((*FAULTS, COMMANDS))
        raise CommandError(f"There is no fault {min(unknown)!r}. There are: {known}.")
    wanted = set(options.only) or {*FAULTS, COMMANDS}
    rows: list[Row] = []
    if wanted & set(FAULTS):
        with service() as running:
            ledger = Ledger(running)
            rows += _happen("control", nothing, running, ledger, options.quick)
            for name, fault in FAULTS.items():
                if name in wanted:
                    rows += _happen(name, fault, running, ledger, options.quick)
            rows += ledger.rows()
            bare, half = float(events_without_cases()), float(half_written(running.data))
            rows.append(Row("events of cases that are not there", "events", bare, bar=0))
            rows.append(Row("files left half written", "files", half, bar=0))
    if COMMANDS in wanted:
        rows += commands(options.quick)
    return rows


def _happen(name: str, fault: Fault, running: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """Let it happen; one that cannot be brought about is a line of the table, and the others go on."""
    try:
        rows = fault(running, ledger, quick)
    except Exception as error:
        log.exception("a fault could not be brought about")
        rows = [Row(f"{name} could not be brought about", "faults", 1.0, bar=0, note=repr(error)[:200])]
    print(table(rows), file=sys.stderr, flush=True)
    return rows
