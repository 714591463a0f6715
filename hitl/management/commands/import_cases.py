"""`python3 manage.py import_cases`: take in a labelled history from a file."""

import os
import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from cases.files.proposal import check_new
from cases.files.reading import Reading
from cases.models import Workflow
from hitl.flow.reading.beginning import Beginning
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.rehearsal import at_path
from hitl.flow.setup.take_in import take_in
from hitl.management.beginning import columns_read, what_follows
from hitl.management.importing import BAD_INPUT, add_file_options, show_progress, summary, told_by
from hitl.shared import clock
from hitl.shared.actor import system
from hitl.shared.errors import HitlError, in_words
from models_store.services.schedule import request_where_due

ACTOR = system("import_cases")


class Command(BaseCommand):
    help = (
        "Take in a labelled history from a CSV, JSON lines or Parquet file (.gz as well), so that a workflow "
        "does not begin without a model. A few rows that do not fit are named, and the others taken in; of a "
        "file with more of them nothing is. Importing the same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workflow", help="the workflow's slug")
        parser.add_argument("file", type=Path)
        add_file_options(parser)
        parser.add_argument(
            "--media", type=Path, help="the folder of the files that image and audio cells name"
        )
        parser.add_argument(
            "--create", action="store_true", help="make the workflow from what the file holds"
        )
        parser.add_argument(
            "--all-new",
            action="store_true",
            help="take in every row as a new case, whatever is there already",
        )
        parser.add_argument(
            "--attest",
            action="store_true",
            help="say that these labels are a random and recent sample, given without sight of a model",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._import(options)
        except HitlError as refused:
            raise CommandError("\n".join(in_words(refused)), returncode=BAD_INPUT) from None

    def _import(self, options: dict[str, Any]) -> None:
        workflow = Workflow.objects.filter(slug=options["workflow"]).first()
        if workflow is None and not options["create"]:
            raise CommandError(f"There is no workflow {options['workflow']}. Add --create to make it.")
        now = clock.now()
        workflow, outcome = take_in(
            at_path(options["file"], told_by(options), folder=options["media"]),
            workflow=workflow,
            make=partial(self._create, options["workflow"]),
            actor=ACTOR,
            now=now,
            attest=options["attest"],
            all_new=options["all_new"],
            allow=options["allow_refused"],
            progress=partial(show_progress, sys.stderr),
        )
        for line in (*outcome.notes, *outcome.refusals()):
            self.stderr.write(line)
        self.stdout.write(summary(outcome))
        if outcome.is_attested:
            self.stdout.write("Attested: a random and recent sample, labelled without sight of a model.")
        if outcome.taken:
            request_where_due(workflow.pk, now=now)
            for line in what_follows(
                Beginning(workflow, now, clock.now()), os.environ.get("HITL_ADDRESS", "")
            ):
                self.stdout.write(line)

    def _create(self, slug: str, reading: Reading) -> Workflow:
        workflow = set_up_workflow(
            slug=slugify(slug),
            name=slug.replace("-", " ").capitalize(),
            fields=reading.fields,
            labels=check_new(reading),
            actor=ACTOR,
            now=clock.now(),
        )
        for line in (
            f"Made the workflow {slug}, with {len(reading.labels):,} labels:",
            *columns_read(reading),
        ):
            self.stdout.write(line)
        return workflow
