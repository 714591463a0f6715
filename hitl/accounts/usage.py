"""When a key was last used: each process writes it at most once a minute, and nobody waits for it."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

_EVERY = timedelta(minutes=1)
_MOST = 10_000
_noted: dict[UUID, datetime] = {}


def note_use(key_id: UUID, now: datetime) -> None:
    """Remember that the key is in use.

    A batch holds its key's row while it copies; then this note is left out rather than waited with.
    """
    last = _noted.get(key_id)
    if last is not None and abs(now - last) < _EVERY:
        return
    if len(_noted) >= _MOST:
        _noted.clear()
    _noted[key_id] = now
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_apikey SET last_used_at = %s WHERE id IN ("
            " SELECT id FROM accounts_apikey WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)"
            " FOR NO KEY UPDATE SKIP LOCKED)",
            [now, key_id, now - _EVERY],
        )


def forget_uses() -> None:
    """Begin anew, as a fresh process does."""
    _noted.clear()
