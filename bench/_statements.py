"""The least a database can be asked for: one prepared statement on a plain table, committed durably."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from bench._cost import Cost, cost
from hitl.shared.ids import new_id

WAITING = 100_000  # rows of the plain queue
BODY = '{"subject": "Invoice 4711", "body": "%s"}' % ("We have received your payment. " * 14)

_TABLES = """
CREATE TABLE bench_document (id uuid PRIMARY KEY, content jsonb);
CREATE TABLE bench_queue (id bigint PRIMARY KEY, content jsonb, holder int, until timestamptz);
INSERT INTO bench_queue SELECT n, %s::jsonb FROM generate_series(1, %s) AS n;
CREATE INDEX ON bench_queue (id) WHERE holder IS NULL;
"""
_PREPARE = """
PREPARE bench_insert (uuid, jsonb) AS INSERT INTO bench_document VALUES ($1, $2);
PREPARE bench_insert_many (uuid[], jsonb[]) AS INSERT INTO bench_document SELECT * FROM unnest($1, $2);
PREPARE bench_claim (int) AS
    UPDATE bench_queue SET holder = $1, until = now() + interval '15 minutes'
    WHERE id = (SELECT id FROM bench_queue WHERE holder IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, content;
"""


@contextmanager
def statements() -> Iterator[None]:
    """Have the plain tables until the block ends, prepared for in this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [BODY, WAITING])
        cursor.execute("VACUUM (ANALYZE) bench_queue")
        cursor.execute("CHECKPOINT")
    prepare()
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL; DROP TABLE bench_document, bench_queue")


def prepare() -> None:
    """Prepare the statements in this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute(_PREPARE)


def insert(body: str = BODY) -> None:
    """One INSERT of a key and a document, without constraints."""
    with connection.cursor() as cursor:
        cursor.execute("EXECUTE bench_insert (%s, %s)", [new_id(), body])


def insert_many(bodies: list[str]) -> None:
    """As many, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "EXECUTE bench_insert_many (%s::uuid[], %s::jsonb[])", [[new_id() for _ in bodies], bodies]
        )


def claim() -> None:
    """One UPDATE of the first row that nobody holds or is taking: SELECT ... FOR UPDATE SKIP LOCKED."""
    with connection.cursor() as cursor:
        cursor.execute("EXECUTE bench_claim (1)")
        if cursor.fetchone() is None:
            raise RuntimeError("the plain queue is empty")


def cost_of_insert(times: int) -> Cost:
    """Return what one costs, application and PostgreSQL."""
    return cost(insert, times)


def cost_of_claim(times: int) -> Cost:
    """Return what one costs, application and PostgreSQL."""
    return cost(claim, times)
