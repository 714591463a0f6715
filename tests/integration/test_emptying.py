"""Between tests that commit: nothing of one is left for the next, and nobody is waited for."""

from contextlib import closing

import psycopg2
import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import TransactionTestCase

from hitl.shared.clock import now
from tests.support.emptying import KEPT, delete_all_rows
from tests.support.factories import client_key
from tests.support.review_rows import review_workflow, waiting

pytestmark = pytest.mark.django_db(transaction=True)


def full_tables() -> set[str]:
    """Return the tables of models that have rows."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)
        )
        return {name for (name,) in cursor.fetchall()}


def test_all_rows_go_even_from_the_audit_log_and_permissions_stay() -> None:
    assert TransactionTestCase._fixture_teardown is delete_all_rows
    client_key()
    waiting(review_workflow(), 2, at=now())
    assert {"audit_entry", "reviews_task", "cases_case"} <= full_tables()
    permissions = Permission.objects.count()
    delete_all_rows(TransactionTestCase())
    assert full_tables() == KEPT
    assert Permission.objects.count() == permissions > 0


def test_a_transaction_that_read_and_is_still_open_is_not_waited_for() -> None:
    waiting(review_workflow(), 1, at=now())
    with closing(psycopg2.connect(**connection.get_connection_params())) as other, other.cursor() as reader:
        reader.execute("SELECT count(*) FROM reviews_task")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        delete_all_rows(TransactionTestCase())
    assert full_tables() == KEPT
