"""Prepared statements: planned once a connection, whatever happens to connections and transactions."""

import pytest
from django.db import DataError, connection, transaction

from hitl.shared.prepared import Prepared

SUM = Prepared("test_sum", "SELECT %(one)s + %(other)s * 10, %(one)s", {"other": "int", "one": "int"})
QUOTIENT = Prepared("test_quotient", "SELECT 1 / %(divisor)s", {"divisor": "int"})


def run(statement: Prepared, **parameters: object) -> object:
    with connection.cursor() as cursor:
        statement.execute(cursor, parameters)
        return cursor.fetchone()


def prepared_names() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
def test_parameters_go_by_their_names_and_others_are_left_alone():
    assert run(SUM, one=1, other=2, stranger="x") == (21, 1)
    assert run(SUM, other=None, one=3) == (None, 3)


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_it_again():
    assert run(SUM, one=1, other=2) == (21, 1)
    connection.close()
    assert "test_sum" not in prepared_names()
    assert run(SUM, one=1, other=2) == (21, 1)
    assert "test_sum" in prepared_names()


@pytest.mark.django_db(transaction=True)
def test_what_was_prepared_in_a_transaction_outlives_its_end():
    with pytest.raises(DataError), transaction.atomic():
        run(QUOTIENT, divisor=0)
    assert run(QUOTIENT, divisor=1) == (1,)
