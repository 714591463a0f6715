"""`python3 manage.py import_cases`: take in a labelled history from a file."""

import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from cases.files.guess import Guess
from cases.files.tables import opened
from cases.models import Workflow
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.import_history import Columns, Outcome, guess_table, import_history
from hitl.management.importing import refused_lines, show_progress, summary
from hitl.shared import clock
from hitl.shared.actor import system
from hitl.shared.errors import HitlError

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
        parser.add_argument("--label", help="the column with the label (guessed when left out)")
        parser.add_argument("--reference", help="the column that names each case")
        parser.add_argument("--time", help="the column that says when each case came in")
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
            lines = [
                f"  {problem['field']} {problem['error']}. {problem['fix']}"
                for problem in refused.facts.get("errors", [])
            ]
            raise CommandError("\n".join([refused.message, *lines])) from None

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        workflow = Workflow.objects.filter(slug=options["workflow"]).first()
        guess = self._guess(path, options, besides=_field_names(workflow) if workflow else set())
        if workflow is None and options["create"]:
            workflow = self._create(options["workflow"], guess)
        if workflow is None:
            raise CommandError(f"There is no workflow {options['workflow']}. Add --create to make it.")
        if guess.label_column is None:
            raise CommandError("No column looks like a label. Name it with --label.")
        columns = Columns(guess.label_column, guess.reference_column, guess.time_column)
        with opened(path) as table:
            outcome = import_history(
                workflow_id=workflow.id,
                table=table,
                columns=columns,
                actor=ACTOR,
                now=clock.now(),
                attest=options["attest"],
                media=options["media"] or path.parent,
                progress=partial(show_progress, sys.stderr),
            )
        self._report(outcome)

    def _guess(self, path: Path, options: dict[str, Any], besides: set[str]) -> Guess:
        named = {name: options[name] for name in ("label", "reference", "time")}
        with opened(path) as table:
            return guess_table(table, besides=besides, **named)

    def _create(self, slug: str, guess: Guess) -> Workflow:
        workflow = set_up_workflow(
            slug=slugify(slug),
            name=slug.replace("-", " ").capitalize(),
            fields=guess.fields,
            labels=[{"name": label} for label in guess.labels],
            actor=ACTOR,
            now=clock.now(),
        )
        fields = ", ".join(f"{field['name']} ({field['kind']})" for field in guess.fields)
        self.stdout.write(f"Made the workflow {slug}: {fields}. Labels: {', '.join(guess.labels)}.")
        return workflow

    def _report(self, outcome: Outcome) -> None:
        for line in refused_lines(outcome):
            self.stderr.write(line)
        self.stdout.write(summary(outcome))
        if outcome.rows and not outcome.taken and not outcome.known:
            raise CommandError("No row of the file fits the workflow.")


def _field_names(workflow: Workflow) -> set[str]:
    schema = workflow.schemas.get(number=workflow.schema_version).schema
    return {field.name for field in schema.fields}
