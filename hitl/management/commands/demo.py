"""`python3 manage.py demo`: the whole service with real cases coming in."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from hitl.demo import show
from hitl.demo.check import run_story
from hitl.demo.drift import play
from hitl.demo.drift.changes import changing_worlds
from hitl.demo.drift.weeks import SteppedClock
from hitl.demo.pictures import take
from hitl.demo.speech import LINES
from hitl.runtime.programs import management_command
from hitl.runtime.serve import say, serve
from hitl.runtime.services import owned
from hitl.runtime.supervisor import Program


class Command(BaseCommand):
    help = (
        "Start everything with four demo workflows and stream real cases in through the REST API, until"
        " Ctrl-C. With --check: run the story once without a person and say whether it came true; with"
        " --pictures: take the documentation's pictures of it as well."
    )
    requires_system_checks: list[str] = []  # migrate checks

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, help="where to listen (default: 8000, else the next free one)"
        )
        parser.add_argument(
            "--speed",
            type=float,
            help="times the usual pace of cases; with --drift, times as fast as life"
            f" (default: 1; with --drift {play.SPEED:g})",
        )
        parser.add_argument(
            "--drift",
            nargs="*",
            choices=[world.slug for world in changing_worlds()],
            help="tell the story of a world that changes: three weeks in a quarter of an hour, in a data"
            " directory of its own (default: all three worlds)",
        )
        parser.add_argument(
            "--line", choices=LINES, default="usual", help="what the calls to come are heard over"
        )
        parser.add_argument("--check", action="store_true", help="run the story once, then stop")
        parser.add_argument(
            "--pictures",
            type=Path,
            metavar="DIR",
            help="run the story once, take the documentation's pictures, then stop",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["drift"] is not None:
            sys.exit(self._drift(options))
        ours = owned
        data = ours.data if ours else None
        is_told = options["check"] or options["pictures"] is not None
        if is_told:  # nobody reads the curves, here or in the workers
            os.environ["HITL_CURVE_SECONDS"] = "0"
            settings.CURVE_SECONDS = 0.0
        options["speed"] = options["speed"] or 1.0

        def stream(address: str) -> Sequence[Program]:
            if is_told or data is None:
                return ()
            speed, line = f"--speed={options['speed']}", f"--line={options['line']}"
            return [
                management_command("demo_stream", address, speed, line, data=data),
                management_command("demo_shift", address, speed, data=data),
            ]

        def meanwhile(address: str) -> int | None:
            if not is_told:
                return show.welcome(address, say)
            code = run_story(address, say)
            return code or (take(address, options["pictures"], say) if options["pictures"] else 0)

        code = serve(
            port=options["port"],
            prepare=show.prepare,
            beside=stream,
            meanwhile=meanwhile,
        )
        sys.exit(code)

    def _drift(self, options: dict[str, Any]) -> int:
        """Serve, play the weeks, and go on serving; with --check end with the story."""
        wanted = options["drift"] or [world.slug for world in changing_worlds()]
        worlds = [world for world in changing_worlds() if world.slug in wanted]
        begun: list[SteppedClock] = []

        def prepare() -> None:
            if not play.is_told():
                begun.append(play.begin_clock(settings.DATA_DIR))
                play.prepare(worlds)

        def meanwhile(address: str) -> int | None:
            if not begun:
                say(f"The story was told here already. Remove {settings.DATA_DIR} to see it anew.")
                return None
            speed = options["speed"] or play.SPEED
            code = play.play(address, begun[0], say, worlds, speed=speed)
            return code if options["check"] else None

        return serve(port=options["port"], prepare=prepare, meanwhile=meanwhile)
