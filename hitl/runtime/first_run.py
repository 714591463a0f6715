"""The first start on an empty database: somebody must be able to sign in."""

import secrets
from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.db import transaction

from hitl.accounts.changes import note_account
from hitl.shared import clock
from hitl.shared.actor import system

ADMINISTRATOR = "admin"


def first_run(say: Callable[[str], None]) -> None:
    """Make an administrator with a random password, said once, when there is no account at all."""
    users = get_user_model()._default_manager
    if users.exists():
        return
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        made = users.create_superuser(username=ADMINISTRATOR, password=password)
        note_account(made, None, actor=system("first start"), now=clock.now())
    say(f"Made the administrator `{ADMINISTRATOR}` with password {password}")
    say("  (shown only now; change it after signing in)")
