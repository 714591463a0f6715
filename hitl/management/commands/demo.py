"""`python3 manage.py demo`: the whole service with real cases coming in."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand

from hitl.demo import show
from hitl.demo.check import run_story
from hitl.demo.speech import LINES
from hitl.runtime.programs import management_command
from hitl.runtime.serve import say, serve
from hitl.runtime.services import owned
from hitl.runtime.supervisor import Program


class Command(BaseCommand):
    help = (
        "Start everything with four demo workflows and stream real cases in through the REST API, until"
        " Ctrl-C. With --check: run the story once without a person and say whether it came true."
    )
    requires_system_checks: list[str] = []  # migrate checks

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, help="where to listen (default: 8000, else the next free one)"
        )
        parser.add_argument("--speed", type=float, default=1.0, help="times the usual pace of cases")
        parser.add_argument(
            "--line", choices=LINES, default="usual", help="what the calls to come are heard over"
        )
        parser.add_argument("--check", action="store_true", help="run the story once, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        ours = owned
        data = ours.data if ours else None

        def stream(address: str) -> Sequence[Program]:
            if options["check"] or data is None:
                return ()
            speed, line = f"--speed={options['speed']}", f"--line={options['line']}"
            return [
                management_command("demo_stream", address, speed, line, data=data),
                management_command("demo_shift", address, speed, data=data),
            ]

        meanwhile = run_story if options["check"] else show.welcome
        code = serve(
            port=options["port"],
            prepare=show.prepare,
            beside=stream,
            meanwhile=lambda address: meanwhile(address, say),
        )
        sys.exit(code)
