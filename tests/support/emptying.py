"""Give the next test an empty database, by deleting what the last one left.

Django's own way truncates every table and makes the permissions anew: 0.4 s of a processor each time, most of
it for tables that were empty. It also wants each table for itself, so that it and a request that still runs
can wait for each other for ever; what deletes rows waits for rows alone.
"""

from functools import cache
from typing import Any

from django.db import connections, transaction

KEPT = frozenset({"django_content_type", "auth_permission"})
"""Rows that belong to the tables, not to a test: Django's way deletes them and makes the same ones again."""


def delete_all_rows(test: Any) -> None:
    """Delete all rows but those that migrating makes, in place of `TransactionTestCase._fixture_teardown`."""
    for alias in test._databases_names(include_mirrors=False):
        connection = connections[alias]
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            # As a replica: rows go in any order, and those that may only be added to go as well.
            cursor.execute("SET LOCAL session_replication_role = replica; " + _deletions(alias))


@cache
def _deletions(alias: str) -> str:
    connection = connections[alias]
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return "; ".join(f"DELETE FROM {connection.ops.quote_name(name)}" for name in sorted({*tables} - KEPT))
