"""Make and revoke API keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from hitl.accounts.models import ApiKey, new_secret, secret_digest
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotFound, Problem


@transaction.atomic
def create_key(
    *,
    name: str,
    scopes: Sequence[str],
    actor: Actor,
    now: datetime,
    is_for_all_workflows: bool = False,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which cannot be read again.

    Raises:
        Invalid: the name is empty or no scope is named.
    """
    if not name.strip():
        raise Invalid([Problem(field="name", error="is empty", fix="Say who or what will use the key.")])
    if not scopes:
        raise Invalid([Problem(field="scopes", error="is empty", fix="Name at least one scope.")])
    secret = new_secret()
    key = ApiKey.objects.create(
        name=name.strip(),
        prefix=secret[:12],
        secret_hash=secret_digest(secret),
        scopes=list(scopes),
        is_for_all_workflows=is_for_all_workflows,
        created_at=now,
        created_by_id=actor.user_id,
        expires_at=expires_at,
    )
    record(
        action="key.created",
        actor=actor,
        now=now,
        about=key,
        detail={"name": key.name, "scopes": list(scopes)},
    )
    return key, secret


@transaction.atomic
def revoke_key(*, key_id: UUID, actor: Actor, now: datetime) -> None:
    """Take a key out of use from the next request on.

    Raises:
        NotFound: there is no such key in use.
    """
    changed = ApiKey.objects.filter(pk=key_id, revoked_at=None).update(
        revoked_at=now, version=F("version") + 1
    )
    if not changed:
        raise NotFound()
    record(action="key.revoked", actor=actor, now=now, about=ApiKey.objects.get(pk=key_id), detail={})
