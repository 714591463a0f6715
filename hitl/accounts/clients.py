"""An API key as the hot path knows it: plain values that a process may keep for a moment."""

import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hitl.accounts.models import ApiKey, secret_digest
from hitl.accounts.types import Scope
from hitl.shared.actor import Actor

# The write of a case compares the key's version, so a kept key decides nothing after it was revoked; this
# bounds how long it may still be told that a case does not fit.
KEEP_SECONDS = 10.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class ClientKey:
    """Who is calling, and what the key was good for when it was read."""

    id: UUID
    version: int
    name: str
    scopes: frozenset[Scope]
    workflow_ids: frozenset[UUID] | None  # None: every workflow
    expires_at: datetime | None = None

    def may_use(self, workflow_id: UUID) -> bool:
        """Tell whether the key was granted for this workflow."""
        return self.workflow_ids is None or workflow_id in self.workflow_ids

    def has_scope(self, scope: Scope) -> bool:
        """Tell whether the key was given for this."""
        return scope in self.scopes

    def as_actor(self) -> Actor:
        """Return the key as the author of a change."""
        return Actor(kind="key", id=str(self.id), name=self.name, scopes=frozenset(self.scopes))


_kept: dict[bytes, tuple[float, ClientKey]] = {}


def client_for(secret: str, *, now: datetime, may_be_kept: bool = False) -> ClientKey | None:
    """Return the key of this secret, None when there is none that is live.

    `may_be_kept`: the caller's write compares the key's version with the database's, so that what this
    process read a moment ago is good enough.
    """
    digest = secret_digest(secret)
    if may_be_kept:
        kept = _kept.get(digest)
        if kept is not None and time.monotonic() - kept[0] < KEEP_SECONDS:
            return kept[1] if _is_current(kept[1], now) else None
    client = _read(digest, now)
    if client is None:
        _kept.pop(digest, None)
    else:
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[digest] = (time.monotonic(), client)
    return client


def forget_client(key_id: UUID | None = None) -> None:
    """Drop one kept key, or all of them."""
    for digest in [d for d, (_, client) in _kept.items() if key_id in (None, client.id)]:
        _kept.pop(digest, None)


def as_client(key: ApiKey) -> ClientKey:
    """Return the key's row as plain values."""
    return ClientKey(
        id=key.id,
        version=key.version,
        name=key.name,
        scopes=frozenset(map(Scope, key.scopes)),
        workflow_ids=None
        if key.is_for_all_workflows
        else frozenset(key.grants.values_list("workflow_id", flat=True)),
        expires_at=key.expires_at,
    )


def _read(digest: bytes, now: datetime) -> ClientKey | None:
    key = ApiKey.objects.filter(secret_hash=digest).first()
    return as_client(key) if key is not None and key.is_live(now) else None


def _is_current(client: ClientKey, now: datetime) -> bool:
    return client.expires_at is None or client.expires_at > now
