"""`python3 manage.py test`: every check of the project."""

import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from hitl.runtime.verification import run_checks


class Command(BaseCommand):
    help = (
        "Run lint, types, import contracts, the migrations check and all tests on a throw-away PostgreSQL "
        "and broker. Arguments after the options go to pytest and narrow the run to it: "
        "`test -- tests/unit -k cutoff`."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fast", action="store_true", help="leave out the browser and the simulations")
        parser.add_argument("pytest", nargs=REMAINDER, metavar="PYTEST_ARGUMENTS", help="passed on to pytest")

    def handle(self, *args: Any, **options: Any) -> None:
        narrowed_to = [argument for argument in options["pytest"] if argument != "--"]
        sys.exit(run_checks(fast=options["fast"], narrowed_to=narrowed_to))
