"""`release recall`: ask people again about automatic decisions."""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError

from cases.models import Workflow
from hitl.management.arguments import moment_of, release_named, told
from hitl.shared.actor import Actor
from policy.services.recalls import Taken, begin_recall, preview


def add_what_is_recalled(parser: ArgumentParser) -> None:
    """Take what narrows a recall, and how fast it goes."""
    parser.add_argument("--label", default="", help="what was decided")
    parser.add_argument("--since", help="a time with its offset, like 2026-03-02T09:30:00Z")
    parser.add_argument("--until", help="the same; what was decided then is left out")
    parser.add_argument("--where", help="FIELD=VALUE of the content")
    parser.add_argument("--entity", default="", help="what cases belong to")
    parser.add_argument("--per-day", type=int, default=50, help="cases a day that people are asked about")
    parser.add_argument("--look", action="store_true", help="count what it would take, and recall nothing")


def recall(workflow: Workflow, options: Mapping[str, Any], *, actor: Actor, now: datetime) -> list[str]:
    """Recall, or count alone; return what to say.

    Raises:
        CommandError: something does not fit, or the actor may not.
    """
    taken = _taken(workflow, options)
    seen = told(preview, workflow=workflow, taken=taken, now=now)
    said = [
        f"It takes {seen.takes:,} of {seen.decided:,} decisions, in {seen.days(options['per_day']):,} days."
        f" By the model's confidence {seen.expected_wrong:,.1f} of them are wrong."
    ]
    if options["look"]:
        return said
    made = told(
        begin_recall,
        workflow_id=workflow.pk,
        taken=taken,
        per_day=options["per_day"],
        reason=options["reason"],
        actor=actor,
        now=now,
    )
    return [*said, f"Recall {made.pk} has begun."]


def _taken(workflow: Workflow, options: Mapping[str, Any]) -> Taken:
    field, equals, value = (options["where"] or "").partition("=")
    if options["where"] is not None and not (field and equals):
        raise CommandError("--where needs FIELD=VALUE: without a field it would narrow nothing.")
    return Taken(
        release_id=release_named(workflow.pk, options["release"]).pk if options["release"] else None,
        label=options["label"],
        since=moment_of(options["since"]),
        until=moment_of(options["until"]),
        field=field,
        value=value,
        entity=options["entity"],
    )
