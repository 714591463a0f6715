"""Every migration of ours goes back and forth on a database that holds data, not only on an empty one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connections

from hitl.accounts.types import Role
from hitl.audit.log import checkpoint
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.subscribe import subscribe
from monitoring.tallies.fold import fold_all
from policy.services.digest import digest_decisions
from tests.support.factories import LABELS, NOW, TABLE_FIELDS, TESTER, person

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("reviews", "monitoring", "policy", "models_store", "cases", "web", "outbox", "audit")
"""Those that others build on come last. `accounts` holds the user model: Django's own tables go with it."""

SCRIPT = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection
def tables(): return sorted(connection.introspection.table_names())
before = tables()
for app in {apps!r}: call_command("migrate", app, "zero", verbosity=0)
left = [name for name in tables() if name.split("_")[0] in {prefixes!r}]
assert not left, left
call_command("migrate", verbosity=0)
assert tables() == before
call_command("migrate", check_unapplied=True, verbosity=0)
"""


@pytest.fixture
def copy() -> Iterator[str]:
    """The address of a copy of the test's database, as it is when the fixture is asked for its value."""
    name = f"reversed_{os.getpid()}"
    here = connections["default"].settings_dict
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
    yield f"{url}/{name}?application_name={here['NAME']}"
    _do(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _do(statement: str) -> None:
    server = psycopg2.connect(os.environ["DATABASE_URL"])
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(statement)
    server.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.long
def test_every_migration_reverses_with_data(copy: str) -> None:
    workflow = set_up_workflow(
        slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )
    person(Role.OPERATOR)
    subscribe(name="x", url="https://example.org/", kinds=[], workflow_id=None, actor=TESTER, now=NOW)
    _submit(workflow.slug)
    fold_all(now=NOW)
    digest_decisions(workflow_id=workflow.id, now=NOW)
    checkpoint(now=NOW)
    connections.close_all()
    name = copy.rsplit("/", 1)[1].partition("?")[0]
    _do(f'CREATE DATABASE "{name}" TEMPLATE "{connections["default"].settings_dict["NAME"]}"')
    script = SCRIPT.format(apps=OURS, prefixes=[*OURS, "modelsstore"])
    environment = {**os.environ, "DATABASE_URL": copy, "DJANGO_SETTINGS_MODULE": "hitl.settings"}
    environment["HITL_SECRET_KEY"] = settings.SECRET_KEY
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr[-3000:]


def _submit(slug: str) -> None:
    from tests.api.conftest import client_with

    client = client_with("submit")
    answer = client.send("POST", f"/workflows/{slug}/cases", [{"content": {"amount": n}} for n in range(5)])
    assert answer.status_code == 200
