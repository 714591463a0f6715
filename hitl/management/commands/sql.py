"""`python3 manage.py sql NAME`: a statement of our own as psql takes it, to be explained or tried by hand."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hitl.shared.statements import all_statements


class Command(BaseCommand):
    help = "Print a statement of our own as psql takes it, to be explained or tried by hand."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="the statement; without it the names of all are listed")

    def handle(self, *args: Any, name: str | None = None, **options: Any) -> None:
        known = all_statements(settings.BASE_DIR)
        if name is None:
            self.stdout.write(
                "\n".join(
                    f"{each:24}{one.path.relative_to(settings.BASE_DIR)}"
                    for each, one in sorted(known.items())
                )
            )
        elif name in known:
            self.stdout.write(known[name].for_psql())
        else:
            raise CommandError(f"There is no statement {name!r}: `python3 manage.py sql` lists them.")
