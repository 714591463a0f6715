"""`python3 manage.py translations`: bring the catalogues up to date; what is missing, what is bare."""

from argparse import ArgumentParser
from collections import Counter
from itertools import product
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hitl.languages.bare.rooms import bare_texts
from hitl.languages.catalogues import WRITTEN, expected, is_done, missing, write
from hitl.languages.compiling import Contradiction, merged
from hitl.languages.rooms import DOMAINS, NAMES, ROOMS
from hitl.runtime.paths import ROOT


class Command(BaseCommand):
    help = "Bring the catalogues of other languages up to date with the texts of code, templates and scripts."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rooms", nargs="*", help=f"of these rooms only: {', '.join(NAMES)}")
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit code 1 if one is stale"
        )
        parser.add_argument(
            "--bare", action="store_true", help="list the texts that no catalogue can translate"
        )

    def handle(self, *args: Any, rooms: list[str], check: bool, bare: bool, **options: Any) -> None:
        if unknown := set(rooms) - set(NAMES):
            raise CommandError(f"There is no room {', '.join(sorted(unknown))}.")
        chosen = tuple(room for room in ROOMS if not rooms or room.name in rooms)
        if bare:
            for room in chosen:
                for path, one in bare_texts(room):
                    self.stdout.write(f"{path.relative_to(ROOT)}:{one.line}: {one.kind}: {one.text[:120]}")
            return
        stale = [(path, content) for path, content in expected(chosen) if not is_done(path, content)]
        for path, content in stale:
            self.stdout.write(f"{'stale' if check else 'wrote'}  {path.relative_to(ROOT)}")
            if not check:
                write(path, content)
        if check and stale:
            raise CommandError("Run `python3 manage.py translations`, and translate what is new.")
        for language in WRITTEN:
            left = Counter(str(path.relative_to(ROOT)) for path, _ in missing(language))
            for name, count in sorted(left.items()):
                self.stdout.write(f"{count:5} to translate in {name}")
        try:
            for language, domain in product(WRITTEN, DOMAINS):
                merged(language, domain)
        except Contradiction as refused:
            raise CommandError(f"Translate alike what is alike.\n{refused}") from None
