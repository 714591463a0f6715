"""Move a case along its transitions."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from cases.types import CASE_TRANSITIONS, CaseStatus
from hitl.shared.errors import Conflict
from hitl.shared.prepared import Prepared
from hitl.shared.transitions import sources_of

_MOVE = Prepared(
    "hitl_move_case",
    """
    UPDATE cases_case SET status = %(to)s, answer = %(answer)s, changed_at = %(now)s
    WHERE id = %(case)s AND status = ANY(%(sources)s)
    """,
    {"case": "uuid", "to": "text", "answer": "text", "now": "timestamptz", "sources": "text[]"},
)


def move_case(case_id: UUID, *, to: CaseStatus, answer: str | None, now: datetime) -> None:
    """Set the status and the answer of a case, if its present status may lead there.

    Raises:
        Conflict: the case is gone or no longer in a status that leads there.
    """
    sources = sources_of(CASE_TRANSITIONS, to)
    with connection.cursor() as cursor:
        _MOVE.execute(
            cursor, {"case": case_id, "to": to.value, "answer": answer, "now": now, "sources": sources}
        )
        if cursor.rowcount != 1:
            raise Conflict(to=to)
