"""What happens to accounts, for the audit log: made, changed, removed, and who may do what.

Names, addresses and passwords are not in it: that they changed is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from hitl.accounts.models import User
from hitl.audit.log import record
from hitl.shared.actor import Actor

_SHOWN = ("username", "roles", "is_active", "is_staff", "is_superuser")  # before and after
_NAMED = ("first_name", "last_name", "email", "password")  # only that they changed


@dataclass(frozen=True, slots=True)
class Facts:
    """An account at one moment."""

    shown: dict[str, Any]
    named: dict[str, Any]


def facts_of(person_id: int) -> Facts | None:
    """Return what is recorded of an account as it is in the database now; None where there is none."""
    row = User.objects.filter(pk=person_id).values(*_SHOWN, *_NAMED).first()
    if row is None:
        return None
    shown = {name: row[name] for name in _SHOWN} | {"roles": sorted(row["roles"])}
    return Facts(shown, {name: row[name] for name in _NAMED})


@contextmanager
def noted(*, actor: Actor, now: datetime) -> Iterator[None]:
    """Record what the block makes of any account; for commands, which do not say whom they change."""
    with transaction.atomic():
        before = {pk: facts_of(pk) for pk in User.objects.values_list("pk", flat=True)}
        yield
        for person in User.objects.order_by("pk"):
            note_account(person, before.get(person.pk), actor=actor, now=now)


@transaction.atomic
def note_account(person: User, before: Facts | None, *, actor: Actor, now: datetime) -> None:
    """Record what has become of an account since `before`; None: it was made. Nothing where nothing has."""
    after = facts_of(person.pk)
    if after is None:
        if before is not None:
            record(
                action="account.removed", actor=actor, now=now, about=person, detail={"before": before.shown}
            )
        return
    if before is None:
        record(action="account.created", actor=actor, now=now, about=person, detail={"after": after.shown})
        return
    changed = [name for name in _SHOWN if before.shown[name] != after.shown[name]]
    detail: dict[str, Any] = {
        "before": {name: before.shown[name] for name in changed},
        "after": {name: after.shown[name] for name in changed},
        "changed": [name for name in _NAMED if before.named[name] != after.named[name]],
    }
    if changed or detail["changed"]:
        record(action="account.changed", actor=actor, now=now, about=person, detail=detail)
