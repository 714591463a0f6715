"""The role that the service works under can do its work, and cannot touch what was recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction

from hitl.audit.log import checkpoint, record
from hitl.audit.verify import verify
from hitl.runtime.database_roles import grant_service, may_tamper
from hitl.shared.months import month_of
from models_store.services.shadow_months import SHADOW_SCORES, keep_months
from tests.support.factories import NOW, TESTER, person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import audited, say

SERVICE = "hitl_service_of_a_test"


@contextmanager
def as_service() -> Iterator[None]:
    """Work under the service's role for a while, as its own connection would."""
    grant_service(connection, name=SERVICE, password="of a test")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {SERVICE}")
        yield
        cursor.execute("RESET ROLE")


REFUSED = (
    *(
        statement.format(table, column)
        for table, column in (
            ("audit_entry", "number"),
            ("audit_checkpoint", "number"),
            ("policy_decision", "reason"),
        )
        for statement in (
            "UPDATE {0} SET {1} = {1}",
            "DELETE FROM {0}",
            "TRUNCATE {0}",
            "TRUNCATE {0} CASCADE",
            "ALTER TABLE {0} DISABLE TRIGGER ALL",
            "DROP TRIGGER {0}_append_only ON {0}",
            "DROP TABLE {0} CASCADE",
            "ALTER TABLE {0} RENAME TO gone",
            "CREATE TRIGGER mine BEFORE INSERT ON {0} EXECUTE FUNCTION hitl_append_only()",
        )
    ),
    "DELETE FROM audit_head",
    "TRUNCATE audit_head",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION hitl_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RETURN NEW; END'",
    "CREATE TABLE mine (i int)",
    "TRUNCATE cases_case CASCADE",
    "DELETE FROM django_migrations",
    "CREATE ROLE mine SUPERUSER",
)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", REFUSED)
def test_the_service_cannot(statement: str) -> None:
    with transaction.atomic():
        record(action="endpoint.enabled", actor=TESTER, now=NOW, about=person(), detail={})
    with (
        as_service(),
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert isinstance(refused.value.__cause__, psycopg2.errors.InsufficientPrivilege), refused.value
    assert verify().holds


@pytest.mark.django_db
def test_the_service_can_do_its_work() -> None:
    with as_service():
        case = audited(automating_workflow())
        say(person(), "ham")
        say(person(), "ham")
        with transaction.atomic():
            record(action="endpoint.enabled", actor=TESTER, now=NOW, about=person(), detail={})
        assert checkpoint(now=NOW) is not None
        assert verify().holds
        assert not may_tamper(connection)
    case.refresh_from_db()
    assert case.answer == "ham"
    assert may_tamper(connection), "the owner could"


@pytest.mark.django_db
def test_the_service_makes_and_drops_the_months_of_shadow_scores_and_writes_into_them() -> None:
    score = (
        "INSERT INTO models_store_shadowscore (release_id, case_id, routed_at, predicted, score, scored_at)"
    )
    values = " VALUES (gen_random_uuid(), gen_random_uuid(), %s, 'ham', .9, %s)"
    with as_service():
        keep_months(now=NOW)
        with connection.cursor() as cursor:
            cursor.execute(score + values, [NOW, NOW])
            cursor.execute("SELECT count(*) FROM models_store_shadowscore")
            assert cursor.fetchone()[0] == 1
        _, dropped = keep_months(now=NOW + timedelta(days=3650))
        assert not may_tamper(connection)
    assert dropped >= 3
    assert month_of(NOW) not in SHADOW_SCORES.months()


@pytest.mark.django_db
def test_granting_again_takes_back_what_was_granted_too_much() -> None:
    grant_service(connection, name=SERVICE, password="of a test")
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON audit_entry TO {SERVICE}")
    with as_service():
        assert not may_tamper(connection)


@pytest.mark.django_db
def test_neither_the_owner_nor_a_superuser_serves() -> None:
    with pytest.raises(ImproperlyConfigured, match="name the same role"):
        grant_service(connection, name=connection.settings_dict["USER"], password="x")
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE mighty SUPERUSER")
    with pytest.raises(ImproperlyConfigured, match="superuser"):
        grant_service(connection, name="mighty", password="x")
