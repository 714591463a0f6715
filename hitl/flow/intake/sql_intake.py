"""The one hand-written statement that writes a case and its decision together, and says whether it may.

It compares the workflow's `policy_version`, the key's `version` and whether all automation is stopped with
what this process has cached. On a mismatch it writes nothing. Prepared once per connection: planning it anew
would cost more than running it.
"""

from uuid import UUID

import orjson
from django.db import connection

from hitl.flow.intake.rows import CASE_COLUMNS, DECISION_COLUMNS, TASK_COLUMNS
from hitl.flow.intake.types import Decided, Row
from hitl.shared.prepared import Prepared
from hitl.stop.selectors import STOPPED


def _insert(table: str, columns: dict[str, str], row: str, after: str) -> str:
    """Insert one row that comes as JSON, if the step before it gave one.

    Quoting three documents costs a third of quoting their sixty values one by one.
    """
    names = ", ".join(columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return (
        f"INSERT INTO {table} ({names})"  # noqa: S608 - column names of our own, no input
        f" SELECT row.* FROM {after}, json_to_record(%({row})s) AS row({typed})"
    )


_WRITE = Prepared(
    "hitl_intake",
    f"""
    WITH gate AS (
        SELECT 1 FROM cases_workflow
        WHERE id = %(workflow)s AND policy_version = %(policy_version)s AND archived_at IS NULL
          AND {STOPPED} = %(stopped)s
          AND (%(key)s IS NULL OR EXISTS (
              SELECT 1 FROM accounts_apikey
              WHERE id = %(key)s AND version = %(key_version)s AND revoked_at IS NULL))
    ), new_case AS (
        {_insert("cases_case", CASE_COLUMNS, "case", "gate")} ON CONFLICT DO NOTHING RETURNING id
    ), new_decision AS (
        {_insert("policy_decision", DECISION_COLUMNS, "decision", "new_case")}
    ), new_task AS (
        {_insert("reviews_task", TASK_COLUMNS, "task", "new_case")} WHERE %(task)s IS NOT NULL
    )
    SELECT EXISTS (SELECT 1 FROM gate), EXISTS (SELECT 1 FROM new_case)
    """,  # noqa: S608 - as above
    {
        "workflow": "uuid",
        "policy_version": "int",
        "stopped": "bool",
        "key": "uuid",
        "key_version": "int",
        "case": "json",
        "decision": "json",
        "task": "json",
    },
)


class Stale(Exception):
    """The cached policy or key is old: reload and decide again."""


def write_one(
    row: Decided,
    *,
    workflow_id: UUID,
    policy_version: int,
    stopped: bool,
    key_id: UUID | None,
    key_version: int,
) -> bool:
    """Write one decided case; return False when its reference or idempotency key is taken.

    Raises:
        Stale: policy or key have changed since they were read; nothing is written.
    """
    case = row.case | {"content": orjson.Fragment(row.case["content"])}  # it is JSON already
    parameters = {
        "workflow": workflow_id,
        "policy_version": policy_version,
        "stopped": stopped,
        "key": key_id,
        "key_version": key_version,
        "case": _json(case),
        "decision": _json(row.decision),
        "task": None if row.task is None else _json(row.task),
    }
    with connection.cursor() as cursor:
        _WRITE.execute(cursor, parameters)
        passed, written = cursor.fetchone()
    if not passed:
        raise Stale
    return bool(written)


def _json(row: Row) -> str:
    return orjson.dumps(row, default=_bytea).decode()


def _bytea(value: bytes) -> str:
    """Write bytes as PostgreSQL reads them; everything else in a row is JSON's own."""
    return "\\x" + value.hex()
