"""Primary keys: UUIDv7, so that the large tables are written in order of time (ADR 0009)."""

from collections.abc import Callable
from uuid import UUID

from uuid_utils.compat import uuid7

_source: Callable[[], UUID] = uuid7


def new_id() -> UUID:
    """Return a fresh time-ordered identifier (RFC 9562, version 7)."""
    return _source()


def use(source: Callable[[], UUID] | None) -> None:
    """Take identifiers from `source` from now on, for a replay that comes out the same; None: real ones."""
    global _source
    _source = source or uuid7
