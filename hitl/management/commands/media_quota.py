"""`python3 manage.py media_quota WORKFLOW GB --as NAME`: more room for files, or less."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cases.access import watched_workflow
from cases.services.media_quota import MAX_QUOTA_BYTES, set_media_quota
from hitl.management.arguments import actor_named, add_actor, told
from hitl.shared import clock

DEFAULT = "default"


class Command(BaseCommand):
    help = (
        "Say how many gigabytes the images and recordings of one workflow may have, instead of what "
        "HITL_MEDIA_QUOTA_GB says for all. What is kept stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_actor(parser)
        parser.add_argument("workflow", help="the workflow's slug")
        parser.add_argument(
            "quota", type=_gigabytes, metavar="GB", help=f"a number, or {DEFAULT}: what is said for all"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = actor_named(options["person"])
        workflow = told(watched_workflow, actor=actor, slug=options["workflow"])
        use = told(
            set_media_quota,
            workflow_id=workflow.id,
            quota_bytes=options["quota"],
            actor=actor,
            now=clock.now(),
        )
        self.stdout.write(
            f"The files of {workflow.slug} have {use.size_bytes / 10**9:.3g} of {use.quota / 10**9:g} GB."
        )


def _gigabytes(text: str) -> int | None:
    if text == DEFAULT:
        return None
    value = float(text)
    if not 0 <= value <= MAX_QUOTA_BYTES / 10**9:
        raise ValueError(text)
    return round(value * 10**9)
