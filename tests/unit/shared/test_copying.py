"""COPY's text format: what is written is what is read."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hitl.shared.copying import copy_rows

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
ROW = st.tuples(
    TEXT | st.none(),
    st.binary(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.lists(TEXT, max_size=4),
    st.lists(st.floats(allow_nan=False), max_size=4),
    st.uuids(),
    st.integers(0, 4_000_000_000_000_000).map(
        lambda us: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=us)
    ),
)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, max_size=5))
def test_every_value_comes_back_as_it_was(rows: list[tuple[object, ...]]) -> None:
    columns = ["n", "t", "b", "f", "o", "i", "ts", "fs", "u", "d"]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS copied")
        cursor.execute(
            "CREATE TEMPORARY TABLE copied (n int, t text, b bytea, f float8, o bool, i int,"
            " ts text[], fs float8[], u uuid, d timestamptz)"
        )
        copy_rows(
            "copied", columns, [dict(zip(columns, (n, *row), strict=True)) for n, row in enumerate(rows)]
        )
        cursor.execute("SELECT * FROM copied ORDER BY n")
        back = [(*row[1:2], bytes(row[2]), *row[3:8], UUID(str(row[8])), row[9]) for row in cursor.fetchall()]
    assert back == rows
