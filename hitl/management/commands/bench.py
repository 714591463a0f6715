"""`python3 manage.py bench NAME`: measure, then claim."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hitl.bench import peers, report, stage
from hitl.bench.options import Options
from hitl.bench.table import line


class Command(BaseCommand):
    help = "Run a benchmark and print its table. `bench list` names them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="which one, or `list`")
        parser.add_argument(
            "--peers", action="store_true", help="install what is compared with, apart from the service"
        )
        parser.add_argument("--quick", action="store_true", help="fewer repetitions: done within a minute")
        parser.add_argument(
            "--only",
            nargs="+",
            default=(),
            metavar="PART",
            help="guarantee: these bars alone; faults: these faults; sources: these doors",
        )
        parser.add_argument("--runs", type=int, metavar="N", help="guarantee: repetitions, instead of 2,000")
        parser.add_argument(
            "--minutes",
            type=float,
            metavar="N",
            help="guarantee: as many repetitions as fit into about so long",
        )
        parser.add_argument("--data", type=Path, metavar="DIR", help="guarantee: folder of further data sets")
        parser.add_argument("--cache", type=Path, metavar="DIR", help="guarantee: where long runs are kept")
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows to a file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["peers"]:
            if failed := peers.install():
                raise CommandError(f"Not installed: {', '.join(failed)}. The others are.")
            self.stdout.write(f"The peers are in {peers.FOLDER}.")
            if options["name"] is None:
                return
        if options["name"] is None:
            raise CommandError("Name a benchmark, or `list`; `--peers` installs what they are compared with.")
        if options["name"] == "list":
            for name, purpose in report.names().items():
                self.stdout.write(f"{name:<12} {purpose}")
            return
        if options["name"] not in report.names():
            known = ", ".join(report.names())
            raise CommandError(f"There is no benchmark {options['name']!r}. There are: {known}.")
        if report.needs_stage(options["name"]) and not stage.is_on_stage():
            sys.exit(stage.perform([word for word in sys.argv[2:] if word != "--peers"]))
        result = report.measure(
            options["name"],
            Options(
                quick=options["quick"],
                only=tuple(options["only"]),
                runs=options["runs"],
                minutes=options["minutes"],
                data=options["data"],
                cache=options["cache"],
            ),
            lambda row: self.stderr.write(line(row)),
        )
        self.stdout.write(f"{result['bench']} · {result['machine']} · {result['seconds']} s\n")
        self.stdout.write(result["table"])
        if options["json"]:
            report.save(result, options["json"])
            self.stdout.write(f"Rows written to {options['json']}")
