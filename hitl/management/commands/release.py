"""`python3 manage.py release ACT WORKFLOW RELEASE --as NAME --reason WHY`: what the page of a model does."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.access import watched_workflow
from cases.models import Workflow
from hitl.management.arguments import actor_named, add_actor, release_named, told
from hitl.management.recalling import add_what_is_recalled, recall
from hitl.shared import clock
from hitl.shared.actor import Actor
from monitoring.watch.canary.changes import change_release
from policy.models.canaries import Canary
from policy.services.canaries import hold_canary, resume_canary, roll_back_canary
from policy.types import ReleaseAction

MORE = {"canary": ReleaseAction.CANARY, "widen": ReleaseAction.WIDEN, "promote": ReleaseAction.PROMOTE}
MOVES: dict[str, Callable[..., Canary]] = {
    "hold": hold_canary,
    "resume": resume_canary,
    "rollback": roll_back_canary,
}
_HELP = {
    "canary": "let it decide a first share of the cases",
    "widen": "give it the share of its next step",
    "promote": "make it the champion",
    "hold": "keep it at its share",
    "resume": "let it go on by its rules",
    "rollback": "let the champion decide its cases",
    "recall": "ask people again about automatic decisions; everything that is named narrows it",
}


class Command(BaseCommand):
    help = "Move a model between its roles, or recall what it decided. Needs the database alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        for act, words in _HELP.items():
            own = acts.add_parser(act, help=words, description=words)
            own.add_argument("workflow", help="its slug")
            is_recall = act == "recall"
            named = "its number or its name, as v2-1430a4a6"
            own.add_argument("release", nargs="?" if is_recall else None, help=named)
            add_actor(own)
            own.add_argument("--reason", required=not is_recall, default="", help="why")
            if is_recall:
                add_what_is_recalled(own)

    def handle(self, *args: Any, **options: Any) -> None:
        actor = actor_named(options["person"])
        workflow = told(watched_workflow, actor=actor, slug=options["workflow"])
        if options["act"] == "recall":
            said = recall(workflow, options, actor=actor, now=clock.now())
        else:
            said = [_move(workflow, options, actor)]
        for line in said:
            self.stdout.write(line)


def _move(workflow: Workflow, options: Mapping[str, Any], actor: Actor) -> str:
    """Do what one of the other acts says; return what came of it.

    Raises:
        CommandError: it is no canary, or the service refused.
    """
    act, release = options["act"], release_named(workflow.pk, options["release"])
    said = {"reason": options["reason"], "actor": actor, "now": clock.now()}
    if act in MORE:
        asked = told(change_release, release_id=release.pk, action=MORE[act], **said)
        waits = "waits for another operator to approve it" if asked is not None else "done"
        return f"{act} {release.name}: {waits}."
    canary = Canary.objects.filter(release=release, ended_at=None).first()
    if canary is None:
        raise CommandError(f"{release.name} is no canary.")
    told(MOVES[act], canary_id=canary.pk, **said)
    return f"{act} {release.name}: done."
