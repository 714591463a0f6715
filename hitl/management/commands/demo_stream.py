"""The demo's submitter: a program of its own, as a submitter of the service would be."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hitl.demo.client import ApiClient
from hitl.demo.people import secrets_of
from hitl.demo.speech import LINES
from hitl.demo.stream import stream
from hitl.demo.worlds import worlds


class Command(BaseCommand):
    help = "Send the demo's cases to a running service. `demo` starts this by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="of the service, like http://127.0.0.1:8000")
        parser.add_argument("--speed", type=float, default=1.0, help="times the usual pace")
        parser.add_argument("--line", choices=LINES, default="usual", help="what calls are heard over")

    def handle(self, *args: Any, **options: Any) -> None:
        kept = secrets_of(settings.DATA_DIR)
        if kept is None:
            raise CommandError("There is no demo in this data directory. Start `python3 manage.py demo`.")
        client = ApiClient(options["address"], kept.api_key)
        coming = worlds(line=options["line"])
        stream(client, coming, run=secrets.token_hex(3), speed=options["speed"], say=self.stdout.write)
