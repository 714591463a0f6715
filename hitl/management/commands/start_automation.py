"""`python3 manage.py start_automation --as NAME --reason WHY`: each workflow's rule decides again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cases.access import watched_workflow
from hitl.management.arguments import actor_named, add_actor, told
from hitl.shared import clock
from hitl.stop.services import start_everything
from policy.services.breaker import reset_breaker


class Command(BaseCommand):
    help = "Start automation again, or that of one workflow, as far as each workflow's own rule allows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_actor(parser)
        parser.add_argument(
            "--reason", required=True, help="what was found and done, in up to 200 characters"
        )
        parser.add_argument("--workflow", help="the slug of one workflow whose breaker is to be reset")

    def handle(self, *args: Any, **options: Any) -> None:
        said = {"reason": options["reason"], "actor": actor_named(options["person"]), "now": clock.now()}
        if options["workflow"] is None:
            told(start_everything, **said)
            self.stdout.write("Automation is started again, as far as each workflow's rule allows.")
            return
        workflow = told(watched_workflow, actor=said["actor"], slug=options["workflow"])
        told(reset_breaker, workflow_id=workflow.id, **said)
        self.stdout.write(f"The breaker of {workflow.slug} is reset.")
