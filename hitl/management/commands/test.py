"""`python3 manage.py test`: every check of the project, or the tests that are named."""

import os
import sys
from argparse import REMAINDER, ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from hitl.runtime.contact_sheet import write_contact_sheet
from hitl.runtime.verification import run_tests
from hitl.runtime.warm import stop_warm


class Command(BaseCommand):
    help = (
        "Run lint, types, import contracts, the migrations check and all tests on a throw-away PostgreSQL "
        "and broker. Arguments after the options go to pytest and narrow the run to it: "
        "`test tests/unit -k cutoff`. Narrow runs keep their PostgreSQL for ten minutes, for the next one."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fast", action="store_true", help="leave out the browser and the simulations")
        parser.add_argument("--long", action="store_true", help="also run the tests that take minutes")
        parser.add_argument(
            "--screens",
            type=Path,
            metavar="DIR",
            help="only open every page in a browser, empty and filled, and keep pictures there",
        )
        parser.add_argument("--stop", action="store_true", help="end the PostgreSQL that narrow runs kept")
        parser.add_argument("pytest", nargs=REMAINDER, metavar="PYTEST_ARGUMENTS", help="passed on to pytest")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["stop"]:
            sys.exit(self._stop())
        if options["screens"]:
            sys.exit(self._screens(options["screens"].resolve()))
        narrowed_to = [argument for argument in options["pytest"] if argument != "--"]
        sys.exit(run_tests(fast=options["fast"], long=options["long"], narrowed_to=narrowed_to))

    def _screens(self, folder: Path) -> int:
        os.environ["HITL_SCREENSHOTS"] = str(folder)
        code = run_tests(fast=False, long=True, narrowed_to=["--quiet", "tests/browser/test_every_page.py"])
        sheet = write_contact_sheet(folder)
        self.stdout.write(f"See {sheet}" if sheet else f"No picture was taken: {folder} holds none.")
        return code

    def _stop(self) -> int:
        ended = stop_warm()
        for has_ended in ended.values():
            self.stdout.write("Ended." if has_ended else "In use: it ends with the run that uses it.")
        if not ended:
            self.stdout.write("Nothing was kept.")
        return 0
