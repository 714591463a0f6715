"""The demo's colleagues: a program of its own, as people at their desks would be."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.models import Case
from cases.types import Origin
from hitl.demo.people import secrets_of
from hitl.demo.shift import set_up, work
from hitl.demo.stream import PAUSE_SECONDS
from hitl.demo.worlds import Credit


class Command(BaseCommand):
    help = "Let scripted colleagues answer at a running service's desk. `demo` starts this by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="of the service, like http://127.0.0.1:8000")
        parser.add_argument("--speed", type=float, default=1.0, help="times the usual pace")

    def handle(self, *args: Any, **options: Any) -> None:
        kept = secrets_of(settings.DATA_DIR)
        if kept is None:
            raise CommandError("There is no demo in this data directory. Start `python3 manage.py demo`.")
        history = Case.objects.filter(workflow__slug=Credit.slug, origin=Origin.IMPORT)
        while not history.exists():  # it is being taken in
            time.sleep(PAUSE_SECONDS)
        set_up(self.stdout.write)
        work(options["address"], kept.password, self.stdout.write, speed=options["speed"])
