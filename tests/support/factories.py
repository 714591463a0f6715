"""Rows for tests: the smallest that the database accepts, made through the services where there are any."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from hitl.accounts.clients import ClientKey
from hitl.accounts.keys import create_key
from hitl.accounts.models import User
from hitl.accounts.types import Role, Scope
from hitl.shared.actor import Actor, system

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TESTER: Actor = system("tests")

_number = count(1)

TEXT_FIELDS: list[dict[str, Any]] = [{"name": "body", "kind": "text"}]
TABLE_FIELDS: list[dict[str, Any]] = [
    {"name": "amount", "kind": "number", "minimum": 0},
    {"name": "job", "kind": "category", "required": False},
    {"name": "since", "kind": "date", "required": False},
    {"name": "married", "kind": "boolean", "required": False},
]
LABELS: list[dict[str, Any]] = [
    {"name": "ham", "hotkey": "1", "cost": 1.0, "meaning": "Wanted mail"},
    {"name": "spam", "hotkey": "2", "cost": 1.0, "meaning": "Unwanted mail"},
]


def person(*roles: str, username: str | None = None, **fields: Any) -> User:
    """Return a person with these roles (a reviewer when none are named)."""
    return User.objects.create_user(
        username=username or f"person{next(_number)}",
        password=fields.pop("password", "correct horse battery"),
        roles=list(roles) or [Role.REVIEWER],
        **fields,
    )


def client_key(*, now: datetime = NOW, scopes: tuple[str, ...] = (Scope.SUBMIT, Scope.READ)) -> ClientKey:
    """Return a key for every workflow, as the hot path knows it."""
    key, _ = create_key(name="tests", scopes=scopes, is_for_all_workflows=True, actor=TESTER, now=now)
    return ClientKey(
        id=key.id,
        version=key.version,
        name=key.name,
        scopes=frozenset(map(Scope, key.scopes)),
        workflow_ids=None,
    )
