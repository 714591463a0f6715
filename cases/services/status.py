"""Change the status of cases along their transitions; many in one statement."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection

from cases.types import CASE_TRANSITIONS, CaseStatus
from hitl.shared.errors import Conflict
from hitl.shared.statements import statements_beside
from hitl.shared.transitions import sources_of

_MOVE = statements_beside(__file__)["move_cases"].prepared()


def move_cases(answers: Mapping[UUID, str | None], *, to: CaseStatus, now: datetime) -> None:
    """Set the status of cases and their answers, if the present status of each may lead there.

    Raises:
        Conflict: a case is gone or no longer in a status that leads there; the caller must roll back.
    """
    rows = [{"case_id": case_id, "answer": answer} for case_id, answer in answers.items()]
    parameters = {"cases": orjson.dumps(rows).decode(), "to": to.value, "now": now}
    with connection.cursor() as cursor:
        _MOVE.execute(cursor, parameters | {"sources": sources_of(CASE_TRANSITIONS, to)})
        if cursor.rowcount != len(rows):
            raise Conflict(to=to)
