"""The one hand-written statement that writes a case and its decision together, and says whether it may.

It compares the workflow's `policy_version`, the key's `version` and whether all automation is stopped with
what this process has cached. On a mismatch it writes nothing (ADR 0006). Prepared once per connection:
planning it anew would cost more than running it.
"""

from collections.abc import Mapping
from uuid import UUID

import orjson
from django.db import connection

from hitl.flow.intake.rows import CASE_COLUMNS, DECISION_COLUMNS, TASK_COLUMNS
from hitl.flow.intake.scores import SOURCE_SCORE_COLUMNS
from hitl.flow.intake.types import Decided, Row
from hitl.shared.statements import statements_beside
from hitl.stop.selectors import STOPPED


def _columns(**tables: Mapping[str, str]) -> dict[str, str]:
    """Return for each table its columns as INSERT names them, and with their types as a record has them."""
    names = {f"{table}_columns": ", ".join(columns) for table, columns in tables.items()}
    types = {
        f"{table}_types": ", ".join(f"{name} {kind}" for name, kind in columns.items())
        for table, columns in tables.items()
    }
    return names | types


_WRITE = statements_beside(
    __file__,
    stopped=STOPPED,
    **_columns(case=CASE_COLUMNS, decision=DECISION_COLUMNS, task=TASK_COLUMNS, scores=SOURCE_SCORE_COLUMNS),
)["intake"].prepared()


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
        "decision": None if row.decision is None else _json(row.decision),
        "task": None if row.task is None else _json(row.task),
        "scores": _json(row.scores) if row.scores else None,
    }
    with connection.cursor() as cursor:
        _WRITE.execute(cursor, parameters)
        passed, written = cursor.fetchone()
    if not passed:
        raise Stale
    return bool(written)


def _json(row: Row | list[Row]) -> str:
    return orjson.dumps(row, default=_bytea).decode()


def _bytea(value: bytes) -> str:
    """Write bytes as PostgreSQL reads them; everything else in a row is JSON's own."""
    return "\\x" + value.hex()
