"""`python3 manage.py recall WORKFLOW --as NAME --reason WHY ...`: ask people again about decisions."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from cases.access import watched_workflow
from hitl.management.stopping import actor_named, add_actor, told
from hitl.shared import clock
from models_store.selectors import releases_of
from policy.services.recalls import Taken, begin_recall, preview


class Command(BaseCommand):
    help = (
        "Recall automatic decisions of a workflow; everything that is named narrows it. --look only counts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workflow", help="the workflow's slug")
        add_actor(parser)
        parser.add_argument("--reason", default="", help="why, in up to 500 characters")
        parser.add_argument("--release", help='a model by its name, like "model 3"')
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
            release_id=self._release(workflow.pk, options["release"]),
            label=options["label"],
            since=self._moment(options["since"]),
            until=self._moment(options["until"]),
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

    def _release(self, workflow_id: Any, name: str | None) -> Any:
        if name is None:
            return None
        for release in releases_of(workflow_id):
            if release.name == name:
                return release.pk
        raise CommandError(f'There is no model called "{name}".')

    def _moment(self, text: str | None) -> Any:
        if text is None:
            return None
        try:
            found = parse_datetime(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise CommandError(f'"{text}" is no time with its offset, like 2026-03-02T09:30:00Z.')
        return found
