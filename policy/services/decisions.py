"""Append what people decide about cases. Many take one statement, as one does."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction
from psycopg2.errors import UniqueViolation

from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, NotFound
from hitl.shared.prepared import Prepared
from policy.types import DecisionReason

# Sequence 0 is the routing, which intake writes; everything later is appended here, with what it copies from
# its case.
_APPEND = Prepared(
    "hitl_append_decisions",
    """
    INSERT INTO policy_decision (
        case_id, epoch, sequence, workflow_id, route, reason, label, is_audited, is_blind, review_id,
        policy_version, actor_kind, actor_id, actor_name, arrived_at, decided_at)
    SELECT
        c.id, given.epoch,
        1 + coalesce(given.after, (
            SELECT d.sequence FROM policy_decision d WHERE d.case_id = c.id AND d.epoch = given.epoch
            ORDER BY d.sequence DESC LIMIT 1), 0),
        c.workflow_id, 'person', given.reason, given.label, false, given.is_blind, given.review_id,
        w.policy_version, %(actor_kind)s, %(actor_id)s, %(actor_name)s, c.received_at, %(now)s
    FROM jsonb_to_recordset(%(decisions)s) AS given (
        case_id uuid, epoch smallint, after smallint, reason text, label text, is_blind bool, review_id uuid)
    JOIN cases_case c ON c.id = given.case_id
    JOIN cases_workflow w ON w.id = c.workflow_id
    """,
    {
        "decisions": "jsonb",
        "actor_kind": "text",
        "actor_id": "text",
        "actor_name": "text",
        "now": "timestamptz",
    },
)


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
