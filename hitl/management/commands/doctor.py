"""`python3 manage.py doctor [--json]`: what is wrong with this installation, and what to do."""

import sys
from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from hitl.doctor.examine import examine
from hitl.doctor.findings import Finding, State

_MARKS = {State.FINE: "  ok   ", State.LOOK: "  look ", State.WRONG: "  WRONG"}


class Command(BaseCommand):
    help = "Say what is wrong with this installation, and what to do. It leaves nothing changed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON array, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine()
        if options["json"]:
            self.stdout.write(orjson.dumps([finding.as_facts() for finding in found]).decode())
        else:
            self._print(found)
        if any(finding.state == State.WRONG for finding in found):
            sys.exit(1)

    def _print(self, found: list[Finding]) -> None:
        for finding in found:
            self.stdout.write(f"{_MARKS[finding.state]}  {finding.part}: {finding.words}")
            if finding.fix:
                self.stdout.write(f"           {finding.fix}")
        number = {state: sum(finding.state == state for finding in found) for state in State}
        self.stdout.write(
            f"{number[State.WRONG]} wrong, {number[State.LOOK]} to look at, {number[State.FINE]} in order."
        )
