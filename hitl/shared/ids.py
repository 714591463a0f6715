"""Primary keys: UUIDv7, so that the large tables are written in order of time."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh time-ordered identifier (RFC 9562, version 7)."""
    return uuid7()
