"""`python3 manage.py up`: the whole service on this machine."""

import sys
import time
from argparse import ArgumentParser
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.files.reading import Reading
from cases.files.told import NOTHING, Told
from cases.models import Workflow
from hitl.flow.reading.beginning import Beginning
from hitl.flow.setup.from_file import Begun, begin_with
from hitl.management.beginning import columns_read, what_follows
from hitl.management.importing import add_file_options, show_progress, summary, told_by
from hitl.runtime.errors import BadInput
from hitl.runtime.serve import say, serve
from hitl.shared import clock
from hitl.shared.actor import system
from hitl.shared.errors import HitlError, in_words
from models_store.services.schedule import request_where_due

_POLL_SECONDS = 0.5  # how often it is looked whether a model is there


class Command(BaseCommand):
    help = "Start database, broker, web, worker and beat on this machine, migrated and watched, until Ctrl-C."
    requires_system_checks: list[str] = []  # migrate checks

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, help="where to listen (default: 8000, else the next free port)"
        )

        parser.add_argument(
            "--from",
            dest="file",
            type=Path,
            help="begin with a workflow guessed from a CSV, JSON lines or Parquet file of labelled examples",
        )
        add_file_options(parser.add_argument_group("how the file of --from is read"))

    def handle(self, *args: Any, **options: Any) -> None:
        begun: list[Begun] = []
        try:
            told = told_by(options)
        except HitlError as refused:
            raise CommandError("\n".join(in_words(refused))) from None
        if options["file"] is None and told != NOTHING:
            raise CommandError(
                "Only a file of --from FILE can be told about. Add --from, or leave the rest out."
            )

        started = clock.now()

        def prepare() -> None:
            if options["file"] is not None:
                begun.extend(_begin(options["file"], told, options["allow_refused"]))

        def welcome(address: str) -> None:
            for one in begun:
                say(f"Submit a case to {one.workflow.name} (the key is shown only now):\n{one.curl(address)}")
                _follow(one.workflow, started, address)
            if not begun and not Workflow.objects.exists():
                say(f"No workflow yet. Make one at {address}/workflows/new/, or stop and add --from FILE.")

        sys.exit(serve(port=options["port"], prepare=prepare, meanwhile=welcome))


def _begin(path: Path, told: Told, allow: float) -> list[Begun]:
    """Make the workflow that the file suggests; a file that does not fit stops the start with its reason."""
    say(f"Reading {path}")
    try:
        begun = begin_with(
            path,
            told=told,
            actor=system("up"),
            now=clock.now(),
            allow=allow,
            show=_show,
            progress=partial(show_progress, sys.stderr),
        )
    except HitlError as refused:
        raise BadInput("\n".join(in_words(refused))) from None
    if begun is None:
        say("  There is a workflow of that name already: nothing is read again.")
        return []
    outcome = begun.outcome
    for line in (summary(outcome), *outcome.notes, *outcome.refusals()):
        say(f"  {line}")
    return [begun]


def _show(workflow: Workflow, reading: Reading) -> None:
    say(f"Made the workflow {workflow.name}, with {len(reading.labels):,} labels:")
    for line in columns_read(reading):
        say(line)


def _follow(workflow: Workflow, since: datetime, address: str) -> None:
    """Train on the rows, and say what the model could decide as soon as it is there."""
    request_where_due(workflow.pk, now=clock.now())
    begins = Beginning(workflow, since, clock.now())
    if begins.is_under_way:
        say(next(what_follows(begins, address)))
    while begins.is_under_way:
        time.sleep(_POLL_SECONDS)
        begins = Beginning(workflow, since, clock.now())
    for line in what_follows(begins, address):
        say(line)
