"""`python3 manage.py replay WORKFLOW`: what would a past window have been under another setting?"""

import math
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.models import Workflow
from hitl.management.arguments import moment_of, release_named, told
from hitl.shared import clock
from monitoring.replay.run import Answer, Tried, replay
from science.replay import Replayed


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
        answer = told(replay, workflow=workflow, tried=tried, now=now)
        for line in _table(answer):
            self.stdout.write(line)


def _table(answer: Answer) -> list[str]:
    def column(one: Replayed) -> list[str]:
        low, estimate, high = one.error()
        hours = answer.hours(one)
        return [
            f"{one.cases:,}",
            f"{one.unscored:,}",
            f"{one.automatic:,} ({one.share:.1%})" if one.cases else "–",
            f"{low:.2%} to {high:.2%}" if one.automatic else "–",
            f"{estimate:.2%}" if one.labels else "too early to say",
            f"{one.labels:,}",
            f"{one.asked:,} ({one.audited:,} audits)",
            "–" if math.isnan(hours) else f"{hours:,.1f}",
            f"{one.queue.longest:,}",
            f"{one.queue.late:,}",
        ]

    names = [
        "cases",
        "without a score",
        "automatic",
        "wrong among these, at 95 %",
        "the estimate",
        "blind answers it rests on",
        "asked of people",
        "reviewers' hours",
        "longest queue",
        f"answered later than {answer.due_hours:g} h",
    ]
    rows = [
        ("", "as it was", "replayed"),
        *zip(names, column(answer.was), column(answer.would_be), strict=True),
    ]
    return [f"{name:28}{was:>24}{would_be:>24}".rstrip() for name, was, would_be in rows]


def _cutoffs(given: list[str]) -> dict[str, float] | None:
    cutoffs = {}
    for one in given:
        label, _, number = one.rpartition("=")
        try:
            cutoffs[label] = float(number)
        except ValueError:
            raise CommandError(f'"{one}" is no cutoff: write LABEL=NUMBER.') from None
    return cutoffs or None
