"""What the commands that stop and start share: who acts, why, and how a refusal is told."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError

from hitl.accounts.selectors import account_named
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, in_words


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


def told(call: Callable[..., Any], **words: Any) -> Any:
    """Call a service; what it refuses ends the command with its own sentences."""
    try:
        return call(**words)
    except HitlError as refused:
        raise CommandError("\n".join(in_words(refused))) from None
