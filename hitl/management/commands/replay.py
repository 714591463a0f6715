"""`python3 manage.py replay WORKFLOW`: what would a past window have been under another setting?"""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.models import Workflow
from hitl.management.arguments import moment_of, release_named, told
from hitl.shared import clock
from monitoring.replay.answer import to_bytes, to_json
from monitoring.replay.reading import CHUNK
from monitoring.replay.run import Tried, replay
from monitoring.replay.table import lines


class Command(BaseCommand):
    help = (
        "Decide a past window again, from stored scores and draws, under other cutoffs, another model,"
        " degree, audit rate or staffing. Reads only. What is not named is as it is in force now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("workflow", help="the workflow's slug")
        add("--since", help="a time with its offset, like 2026-03-02T09:30:00Z (default: a week ago)")
        add("--until", help="the same; what was decided then is left out (default: now)")
        add(
            "--cutoff",
            action="append",
            default=[],
            metavar="LABEL=NUMBER",
            help="may be given for each label",
        )
        add("--release", help="a model that scored these cases in shadow, by its number or its name")
        add("--degree", default="", help="human_only, shadow, assist, partial or full")
        add("--audit-rate", type=float, help="share of automatic decisions that is audited")
        add("--answers-a-day", type=float, help="of all reviewers together")
        add(
            "--json", action="store_true", help="print all numbers as JSON; the same rows give the same bytes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        workflow = Workflow.objects.filter(slug=options["workflow"]).first()
        if workflow is None:
            raise CommandError(f"There is no workflow {options['workflow']}.")
        now = clock.now()
        tried = Tried(
            since=moment_of(options["since"]) or now - timedelta(days=7),
            until=moment_of(options["until"]) or now,
            cutoffs=_cutoffs(options["cutoff"]),
            release_id=release_named(workflow.pk, options["release"]).pk if options["release"] else None,
            degree=options["degree"],
            audit_rate=options["audit_rate"],
            answers_a_day=options["answers_a_day"],
        )
        answer = told(replay, workflow=workflow, tried=tried, now=now, tell=self._tell)
        if options["json"]:
            self.stdout.write(to_bytes(answer).decode())
            return
        self.stdout.write(f"{'':36}{'as it was':>24}{'replayed':>24}")
        for line in lines(to_json(answer)):
            self.stdout.write(f"{line.name:36}{line.was:>24}{line.would_be:>24}")
        self.stdout.write(f"Automatic in one of the two and not in the other: {answer.changed:,} cases.")

    def _tell(self, done: int, of: int) -> None:
        if of > CHUNK:
            self.stderr.write(f"{done:,} of {of:,} cases read")


def _cutoffs(given: list[str]) -> dict[str, float] | None:
    cutoffs = {}
    for one in given:
        label, _, number = one.rpartition("=")
        try:
            cutoffs[label] = float(number)
        except ValueError:
            raise CommandError(f'"{one}" is no cutoff: write LABEL=NUMBER.') from None
    return cutoffs or None
