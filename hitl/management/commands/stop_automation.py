"""`python3 manage.py stop_automation --as NAME --reason WHY`: people decide from the next case on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cases.access import watched_workflow
from hitl.management.arguments import actor_named, add_actor, told
from hitl.shared import clock
from hitl.stop.services import stop_everything
from policy.services.breaker import trip_breaker


class Command(BaseCommand):
    help = "Stop all automation, or that of one workflow. It needs the database alone, no broker and no web."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_actor(parser)
        parser.add_argument("--reason", required=True, help="why, in up to 200 characters")
        parser.add_argument("--workflow", help="the slug of one workflow; without it everything is stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        said = {"reason": options["reason"], "actor": actor_named(options["person"]), "now": clock.now()}
        if options["workflow"] is None:
            stop = told(stop_everything, **said)
            self.stdout.write(
                f"Everything is stopped since {stop.stopped_at:%Y-%m-%d %H:%M:%S} UTC: {stop.reason}"
            )
            return
        workflow = told(watched_workflow, actor=said["actor"], slug=options["workflow"])
        policy = told(trip_breaker, workflow_id=workflow.id, **said)
        self.stdout.write(f"{workflow.slug} is stopped: {policy.breaker_reason}")
