"""Lock a case, before anything that hangs on it."""

from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection

from cases.models import Case, Workflow

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

# Written by hand: the ORM takes longer to put such a statement together than PostgreSQL to run it.
_LOCK = f"""
SELECT {", ".join(f"c.{name}" for name in _FIELDS)}, w.slug
FROM cases_case c JOIN cases_workflow w ON w.id = c.workflow_id
WHERE c.id = %s FOR NO KEY UPDATE OF c
"""  # noqa: S608 - columns of our own, no input


def lock_case(case_id: UUID) -> Case | None:
    """Return the case, locked until the transaction ends; None when there is none.

    Rows that refer to it may still be written by others. Its content is read only if somebody asks for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [case_id])
        row = cursor.fetchone()
    if row is None:
        return None
    *values, slug = row
    case = Case.from_db(DEFAULT_DB_ALIAS, _FIELDS, values)
    case.workflow = Workflow.from_db(DEFAULT_DB_ALIAS, ("id", "slug"), (case.workflow_id, slug))
    return case
