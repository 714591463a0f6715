"""Append what people decide about cases; many in one statement."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction
from psycopg2.errors import UniqueViolation

from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, NotFound
from hitl.shared.statements import statements_beside
from policy.types import DecisionReason

_APPEND = statements_beside(__file__)["append_decisions"].prepared()


@dataclass(frozen=True, slots=True)
class NewDecision:
    """What a person decides about a case, to be appended behind what stands.

    Attributes:
        label: None when the case waits for a person again.
        after: the sequence that the caller saw last: with it, somebody else's decision in between is a
            conflict. Without it the decision goes behind whatever is there; of two at once one wins.
        review_id: the answer that brought it about; None where nobody answered a task.
    """

    case_id: UUID
    epoch: int
    reason: DecisionReason
    label: str | None
    is_blind: bool = False
    after: int | None = None
    review_id: UUID | None = None


class DecidedMeanwhile(Conflict):
    """Somebody else decided this case in the meantime. Load it again."""

    code = "decided_meanwhile"


def append_decisions(decisions: Sequence[NewDecision], *, actor: Actor, now: datetime) -> None:
    """Add the next decision of each of these cases; nothing that stands is ever changed.

    Raises:
        NotFound: there is no such case.
        DecidedMeanwhile: a sequence is taken; the caller's transaction must roll back.
    """
    parameters = {
        "decisions": orjson.dumps([asdict(one) for one in decisions]).decode(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "now": now,
    }
    try:
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            _APPEND.execute(cursor, parameters)
            written = cursor.rowcount
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise DecidedMeanwhile(cases=[str(one.case_id) for one in decisions]) from error
        raise
    if written != len(decisions):
        raise NotFound(cases=[str(one.case_id) for one in decisions])
