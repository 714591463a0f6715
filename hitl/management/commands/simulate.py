"""`python3 manage.py simulate FILE`: what would the service have done with these cases?"""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hitl.management.importing import add_file_options, told_by
from hitl.management.stage import is_on_stage, run_on_stage
from hitl.runtime.paths import data_directory
from hitl.shared.errors import HitlError, in_words
from hitl.simulate.checks import check
from hitl.simulate.errors import CannotSimulate
from hitl.simulate.options import DRIFTS, Options, from_command
from hitl.simulate.reading import World, read_world
from hitl.simulate.run import simulate

BAD_INPUT = 2


class Command(BaseCommand):
    help = (
        "Replay a labelled file (CSV, JSON lines, Parquet, .gz) as a stream of cases through the same"
        " services, in a database that is thrown away, and report: was the promise kept, how much was"
        " automated, how many labels did people give, and what would a fixed cutoff have done."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("file", metavar="FILE", help="labelled cases")
        add_file_options(parser)
        add("--shuffle", action="store_true", help="in random order, for a file that is sorted")
        add("--start", type=int, metavar="N", help="rows of labelled history (default: a fifth, ≤ 2000)")
        add("--target", type=float, default=0.01, help="largest share of errors (default: 0.01)")
        add("--confidence", type=float, default=0.95, help="with which that must hold (default: 0.95)")
        add("--audit-rate", type=float, default=0.02, metavar="SHARE", help="audited share (default: 0.02)")
        add("--reviewer-error", type=float, default=0.0, metavar="SHARE", help="answers that are wrong")
        add("--reviewers", type=int, default=3, metavar="N", help="people who answer (default: 3)")
        add("--retrain-every", type=int, metavar="N", help="new labels (default: a tenth of FILE, ≥ 500)")
        add("--drift", metavar="KIND@CASE", help=f"change the world from a case on: {', '.join(DRIFTS)}")
        add("--seed", type=int, default=0, help="the same seed gives the same outcome (default: 0)")
        add("--report", type=Path, metavar="DIR", help="where index.html and report.json go")
        add("--json", type=Path, metavar="FILE", help="also write the outcome here")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            options = from_command(given, told_by(given))
            for name in ("report", "json"):
                _check_writable(f"--{name}", given[name])
            world = read_world(options)
            check(world, options)
            if is_on_stage():
                self._simulate(world, options, given)
            else:
                report = given["report"] or _default_report(options)
                sys.exit(run_on_stage(f"--report={report}", draws=f"simulation {options.seed}"))
        except CannotSimulate as refused:
            raise CommandError(str(refused), returncode=BAD_INPUT) from None
        except HitlError as refused:
            raise CommandError("\n".join(in_words(refused)), returncode=BAD_INPUT) from None

    def _simulate(self, world: World, options: Options, given: dict[str, Any]) -> None:
        simulate(world, options, folder=given["report"], json_file=given["json"], out=self.stdout)


def _check_writable(option: str, path: Path | None) -> None:
    """Refuse before the work what could not be written after it."""
    if path is None:
        return
    is_folder = option == "--report"
    if path.exists() and path.is_dir() != is_folder:
        raise CannotSimulate(f"{option} {path} is {'a file' if is_folder else 'a folder'}. Name another.")
    parent = path if path.exists() else next(each for each in path.absolute().parents if each.exists())
    if not os.access(parent, os.W_OK):
        raise CannotSimulate(f"{option} {path} cannot be written. Name another place.")


def _default_report(options: Options) -> Path:
    name = options.file.name.partition(".")[0] or "simulation"
    return data_directory() / "simulations" / f"{name}-{options.seed}"
