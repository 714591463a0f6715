"""What commands are told at the shell, who acts, which model, when; and how a refusal is told."""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from hitl.accounts.selectors import account_named
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, in_words
from hitl.shared.given import moment
from models_store.models import Release
from models_store.selectors import releases_of


def add_actor(parser: ArgumentParser) -> None:
    """Take the name of the person who acts; their roles say what they may do, as on the pages."""
    parser.add_argument(
        "--as", dest="person", required=True, metavar="NAME", help="who you are: an account's name"
    )


def actor_named(name: str) -> Actor:
    """Return the person of this name.

    Raises:
        CommandError: there is no such account, or it is not in use.
    """
    user = account_named(name)
    if user is None or not user.is_active:
        raise CommandError(f"There is no account {name} in use.")
    return user.as_actor()


def release_named(workflow_id: UUID, name: str) -> Release:
    """Return the workflow's model of this name, as v2-1430a4a6, or of this number, as 2 or v2.

    Raises:
        CommandError: there is none.
    """
    releases = releases_of(workflow_id)
    for release in releases:
        if name in (release.name, str(release.number), f"v{release.number}"):
            return release
    there = ", ".join(release.name for release in releases) or "none"
    raise CommandError(f"The workflow has no model {name}. There are: {there}.")


def moment_of(text: str | None) -> datetime | None:
    """Return the time that was written; None where none was.

    Raises:
        CommandError: it is no time with its offset.
    """
    try:
        return moment(text) if text is not None else None
    except ValueError:
        raise CommandError(f'"{text}" is no time with its offset, like 2026-03-02T09:30:00Z.') from None


def told(call: Callable[..., Any], **words: Any) -> Any:
    """Call a service; what it refuses ends the command with its own sentences."""
    try:
        return call(**words)
    except HitlError as refused:
        raise CommandError("\n".join(in_words(refused))) from None
