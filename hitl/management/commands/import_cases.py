"""`python3 manage.py import_cases`: take in a labelled history from a file."""

import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from cases.files.proposal import check_new
from cases.files.reading import Reading, look_at
from cases.files.tables import opened
from cases.models import Workflow
from cases.selectors import current_schema
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.import_history import Outcome, import_history
from hitl.management.importing import add_file_options, show_progress, summary, told_by
from hitl.shared import clock
from hitl.shared.actor import system
from hitl.shared.errors import HitlError, in_words

ACTOR = system("import_cases")


class Command(BaseCommand):
    help = (
        "Take in a labelled history from a CSV, JSON lines or Parquet file (.gz as well), so that a workflow "
        "does not begin without a model. Rows that do not fit are named, the others are taken in; importing "
        "the same file again changes nothing."
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
            "--attest",
            action="store_true",
            help="say that these labels are a random and recent sample, given without sight of a model",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._import(options)
        except HitlError as refused:
            raise CommandError("\n".join(in_words(refused))) from None

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        workflow = Workflow.objects.filter(slug=options["workflow"]).first()
        if workflow is None and not options["create"]:
            raise CommandError(f"There is no workflow {options['workflow']}. Add --create to make it.")
        schema = current_schema(workflow) if workflow else None
        with opened(path) as table:
            reading = look_at(table, told_by(options), schema=schema)
        if workflow is None:
            workflow = self._create(options["workflow"], reading)
        with opened(path) as table:
            outcome = import_history(
                workflow_id=workflow.id,
                table=table,
                reading=reading,
                actor=ACTOR,
                now=clock.now(),
                attest=options["attest"],
                media=options["media"] or path.parent,
                progress=partial(show_progress, sys.stderr),
            )
        self._report(outcome)

    def _create(self, slug: str, reading: Reading) -> Workflow:
        workflow = set_up_workflow(
            slug=slugify(slug),
            name=slug.replace("-", " ").capitalize(),
            fields=reading.fields,
            labels=check_new(reading),
            actor=ACTOR,
            now=clock.now(),
        )
        fields = ", ".join(f"{field['name']} ({field['kind']})" for field in reading.fields)
        labels = f"{', '.join(reading.labels)} (column {reading.label})"
        self.stdout.write(f"Made the workflow {slug}: {fields}. Labels: {labels}.")
        return workflow

    def _report(self, outcome: Outcome) -> None:
        for line in (*outcome.notes, *outcome.refusals()):
            self.stderr.write(line)
        self.stdout.write(summary(outcome))
        if outcome.rows and not outcome.taken and not outcome.known:
            raise CommandError("No row of the file fits the workflow.")
