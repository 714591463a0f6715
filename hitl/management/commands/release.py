"""`python3 manage.py release ACT WORKFLOW RELEASE --as NAME --reason WHY`: what the page of a model does."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.access import watched_workflow
from hitl.management.arguments import actor_named, add_actor, release_named, told
from hitl.shared import clock
from monitoring.watch.canary.changes import change_release
from policy.canary_models import Canary
from policy.services.canaries import hold_canary, resume_canary, roll_back_canary
from policy.types import ReleaseAction

MORE = {"canary": ReleaseAction.CANARY, "widen": ReleaseAction.WIDEN, "promote": ReleaseAction.PROMOTE}
MOVES: dict[str, Callable[..., Canary]] = {
    "hold": hold_canary,
    "resume": resume_canary,
    "rollback": roll_back_canary,
}


class Command(BaseCommand):
    help = "Start, widen, hold, resume or roll back a canary, or promote a release. Needs the database alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=[*MORE, *MOVES])
        parser.add_argument("workflow", help="its slug")
        parser.add_argument("release", help="its number or its name, as v2-1430a4a6")
        add_actor(parser)
        parser.add_argument("--reason", required=True, help="why, in up to 1,000 characters")

    def handle(self, *args: Any, **options: Any) -> None:
        actor, act = actor_named(options["person"]), options["act"]
        workflow = told(watched_workflow, actor=actor, slug=options["workflow"])
        release = release_named(workflow.pk, options["release"])
        said = {"reason": options["reason"], "actor": actor, "now": clock.now()}
        if act in MORE:
            asked = told(change_release, release_id=release.pk, action=MORE[act], **said)
            waits = "waits for another operator to approve it" if asked is not None else "done"
            self.stdout.write(f"{act} {release.name}: {waits}.")
            return
        canary = Canary.objects.filter(release=release, ended_at=None).first()
        if canary is None:
            raise CommandError(f"{release.name} is no canary.")
        told(MOVES[act], canary_id=canary.pk, **said)
        self.stdout.write(f"{act} {release.name}: done.")
