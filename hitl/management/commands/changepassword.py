"""Django's `changepassword`, with its entry in the audit log."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from hitl.accounts.changes import noted
from hitl.shared import clock
from hitl.shared.actor import system


class Command(changepassword.Command):
    """As Django's; whoever holds the shell is recorded as such."""

    def handle(self, *args: Any, **options: Any) -> Any:
        """Run it."""
        with noted(actor=system("shell"), now=clock.now()):
            return super().handle(*args, **options)
