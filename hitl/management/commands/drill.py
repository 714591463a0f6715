"""`python3 manage.py drill FAULT`: does the alarm rise, is it told, does it clear?"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from hitl.management.stage import is_on_stage, run_on_stage
from hitl.simulate.drills import FAULTS, play_fault


class Command(BaseCommand):
    help = (
        "Play a fault through intake, counting, check and events in a database that is thrown away, and say"
        " whether its alarm rose, was told to a subscriber, and cleared when the fault was over."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fault", choices=sorted(FAULTS), help="what goes wrong")
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write the outcome here")

    def handle(self, *args: Any, **given: Any) -> None:
        if not is_on_stage():
            sys.exit(run_on_stage(draws="a drill"))
        outcome = play_fault(given["fault"])
        words = json.dumps(outcome, indent=1) + "\n"
        if given["json"] is not None:
            given["json"].write_text(words, encoding="utf-8")
        self.stdout.write(words)
