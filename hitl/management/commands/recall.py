"""`python3 manage.py recall WORKFLOW --as NAME --reason WHY ...`: ask people again about decisions."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cases.access import watched_workflow
from hitl.management.arguments import actor_named, add_actor, moment_of, release_named, told
from hitl.shared import clock
from policy.services.recalls import Taken, begin_recall, preview


class Command(BaseCommand):
    help = (
        "Recall automatic decisions of a workflow; everything that is named narrows it. --look only counts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workflow", help="the workflow's slug")
        add_actor(parser)
        parser.add_argument("--reason", default="", help="why, in up to 500 characters")
        parser.add_argument("--release", help="a model by its number or its name, as v2-1430a4a6")
        parser.add_argument("--label", default="", help="what was decided")
        parser.add_argument("--since", help="a time with its offset, like 2026-03-02T09:30:00Z")
        parser.add_argument("--until", help="the same; what was decided then is left out")
        parser.add_argument("--where", help="FIELD=VALUE of the content")
        parser.add_argument("--entity", default="", help="what cases belong to")
        parser.add_argument("--per-day", type=int, default=50, help="cases a day that people are asked about")
        parser.add_argument(
            "--look", action="store_true", help="count what it would take, and recall nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor, now = actor_named(options["person"]), clock.now()
        workflow = told(watched_workflow, actor=actor, slug=options["workflow"])
        field, _, value = (options["where"] or "").partition("=")
        taken = Taken(
            release_id=release_named(workflow.pk, options["release"]).pk if options["release"] else None,
            label=options["label"],
            since=moment_of(options["since"]),
            until=moment_of(options["until"]),
            field=field,
            value=value,
            entity=options["entity"],
        )
        seen = told(preview, workflow=workflow, taken=taken, now=now)
        self.stdout.write(
            f"It takes {seen.takes:,} of {seen.decided:,} decisions,"
            f" in {seen.days(options['per_day']):,} days."
            f" By the model's confidence {seen.expected_wrong:,.1f} of them are wrong."
        )
        if options["look"]:
            return
        made = told(
            begin_recall,
            workflow_id=workflow.pk,
            taken=taken,
            per_day=options["per_day"],
            reason=options["reason"],
            actor=actor,
            now=now,
        )
        self.stdout.write(f"Recall {made.pk} has begun.")
