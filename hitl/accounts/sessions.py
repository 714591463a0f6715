"""Who is signed in, by two prepared statements: every request of a person asks both questions.

The session's table, its signature and its life are Django's; only the reading is written by hand, because the
ORM takes longer to put such a statement together than PostgreSQL to run it. Nothing is cached: a person who
is deactivated, or loses a role, has lost it with the next request in every process.
"""

from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends import db
from django.db import DEFAULT_DB_ALIAS, connection
from django.utils import timezone

from hitl.accounts.models import User
from hitl.shared.prepared import Prepared

_SESSION = Prepared(
    "hitl_session",
    "SELECT session_data FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s",
    {"key": "text", "now": "timestamptz"},
)


class SessionStore(db.SessionStore):
    """Django's sessions in the database (`SESSION_ENGINE`)."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds; nothing where there is none, or no longer."""
        with connection.cursor() as cursor:
            _SESSION.execute(cursor, {"key": self.session_key, "now": timezone.now()})
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        found: dict[str, Any] = self.decode(row[0])
        return found


class People(ModelBackend):
    """Names and passwords, as Django's own backend checks them."""

    def get_user(self, user_id: int) -> User | None:
        """Return the person a session belongs to; None who is gone or deactivated."""
        fields = User._meta.concrete_fields
        with connection.cursor() as cursor:
            _person().execute(cursor, {"id": user_id})
            row = cursor.fetchone()
        if row is None:
            return None
        values = [
            field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
            for field, value in zip(fields, row, strict=True)
        ]
        user = User.from_db(DEFAULT_DB_ALIAS, [field.attname for field in fields], values)
        return user if self.user_can_authenticate(user) else None


@cache
def _person() -> Prepared:
    columns = ", ".join(f'"{field.column}"' for field in User._meta.concrete_fields)
    return Prepared("hitl_person", f"SELECT {columns} FROM accounts_user WHERE id = %(id)s", {"id": "int"})  # noqa: S608
