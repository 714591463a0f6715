"""Django's `migrate`, as the tables' owner where HITL_OWNER_DATABASE_URL names one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from hitl.runtime.database_roles import grant_service


class Command(migrate.Command):
    """Change tables as their owner, then grant the service's role what it needs and no more."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate."""
        if not settings.OWNER_DATABASE:
            super().handle(*args, **options)
            return
        with _as_owner(options["database"]) as service:
            super().handle(*args, **options)
            owner = connections[options["database"]]
            grant_service(owner, name=service["USER"], password=service["PASSWORD"])


@contextmanager
def _as_owner(alias: str) -> Iterator[dict[str, Any]]:
    """Work as the owner; yield how the service connects."""
    connection = connections[alias]
    service = connection.settings_dict
    connection.close()
    connection.settings_dict = service | (settings.OWNER_DATABASE or {})
    try:
        yield service
    finally:
        connection.close()
        connection.settings_dict = service
