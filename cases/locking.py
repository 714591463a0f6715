"""Lock a case, before any row that belongs to it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection

from cases.models import Case, Workflow
from hitl.shared.prepared import Prepared
from hitl.shared.statements import statements_beside

_FIELDS = (
    "id",
    "workflow_id",
    "schema_version",
    "status",
    "answer",
    "epoch",
    "reference",
    "received_at",
    "changed_at",
)
LOCKED_COLUMNS = (
    ", ".join(f"c.{field}" for field in _FIELDS) + ", w.slug"
)  # of a case `c` and its workflow `w`
_LOCK_CASE = statements_beside(__file__, locked_columns=LOCKED_COLUMNS)["lock_case"].prepared()


def lock_case(case_id: UUID) -> Case | None:
    """Return the case, locked until the transaction ends; None when there is none.

    Rows that refer to it may still be written by others. Its content is read only if somebody asks for it.
    """
    return locked(_LOCK_CASE, {"case": case_id})


def locked(lock: Prepared, parameters: Mapping[str, Any]) -> Case | None:
    """As `lock_case`, for the case that a statement finds which returns `LOCKED_COLUMNS`.

    Written by hand: the ORM takes longer to put such a statement together than PostgreSQL to run it.
    """
    with connection.cursor() as cursor:
        lock.execute(cursor, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    *values, slug = row
    case = Case.from_db(DEFAULT_DB_ALIAS, _FIELDS, values)
    case.workflow = Workflow.from_db(DEFAULT_DB_ALIAS, ("id", "slug"), (case.workflow_id, slug))
    return case
