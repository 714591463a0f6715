"""Lock a case, before any row that belongs to it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection

from cases.models import Case, Workflow
from hitl.shared.prepared import Prepared

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


def case_lock(name: str, case_id: str, types: Mapping[str, str]) -> Prepared:
    """Return a statement for `locked`; `case_id` says in SQL which case, with parameters of these types.

    Written by hand: the ORM takes longer to put such a statement together than PostgreSQL to run it.
    """
    columns = ", ".join(f"c.{field}" for field in _FIELDS)
    text = f"""
        SELECT {columns}, w.slug
        FROM cases_case c JOIN cases_workflow w ON w.id = c.workflow_id
        WHERE c.id = {case_id} FOR NO KEY UPDATE OF c
    """  # noqa: S608 - text of our own, no input
    return Prepared(name, text, types)


_BY_ID = case_lock("hitl_lock_case", "%(case)s", {"case": "uuid"})


def lock_case(case_id: UUID) -> Case | None:
    """Return the case, locked until the transaction ends; None when there is none.

    Rows that refer to it may still be written by others. Its content is read only if somebody asks for it.
    """
    return locked(_BY_ID, {"case": case_id})


def locked(lock: Prepared, parameters: Mapping[str, Any]) -> Case | None:
    """As `lock_case`, for the case that a statement of `case_lock` finds."""
    with connection.cursor() as cursor:
        lock.execute(cursor, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    *values, slug = row
    case = Case.from_db(DEFAULT_DB_ALIAS, _FIELDS, values)
    case.workflow = Workflow.from_db(DEFAULT_DB_ALIAS, ("id", "slug"), (case.workflow_id, slug))
    return case
