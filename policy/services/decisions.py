"""Append what people decide about a case."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from psycopg2.errors import UniqueViolation

from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, NotFound
from hitl.shared.prepared import Prepared
from policy.models import Decision

# Sequence 0 is the routing, which intake writes; everything later is appended here, with what it copies from
# its case.
_APPEND = Prepared(
    "hitl_append_decision",
    """
    INSERT INTO policy_decision (
        case_id, epoch, sequence, workflow_id, route, reason, label, is_audited, is_blind, policy_version,
        actor_kind, actor_id, actor_name, arrived_at, decided_at)
    SELECT
        c.id, %(epoch)s,
        1 + coalesce(%(after)s, (
            SELECT d.sequence FROM policy_decision d WHERE d.case_id = c.id AND d.epoch = %(epoch)s
            ORDER BY d.sequence DESC LIMIT 1), 0),
        c.workflow_id, %(route)s, %(reason)s, %(label)s, false, %(is_blind)s, w.policy_version,
        %(actor_kind)s, %(actor_id)s, %(actor_name)s, c.received_at, %(now)s
    FROM cases_case c JOIN cases_workflow w ON w.id = c.workflow_id
    WHERE c.id = %(case)s
    RETURNING sequence, workflow_id, policy_version, arrived_at
    """,
    {
        "case": "uuid",
        "epoch": "smallint",
        "after": "smallint",
        "route": "text",
        "reason": "text",
        "label": "text",
        "is_blind": "bool",
        "actor_kind": "text",
        "actor_id": "text",
        "actor_name": "text",
        "now": "timestamptz",
    },
)


class DecidedMeanwhile(Conflict):
    """Somebody else decided this case in the meantime. Load it again."""

    code = "decided_meanwhile"


def append(
    *,
    case_id: UUID,
    epoch: int,
    reason: str,
    label: str | None,
    actor: Actor,
    now: datetime,
    route: str = "person",
    after: int | None = None,
    is_blind: bool = False,
) -> Decision:
    """Add the next decision of a case and epoch; earlier ones are never changed.

    `after` is the sequence that the caller saw last: with it, somebody else's decision in between is a
    conflict. Without it the decision goes behind whatever is there; of two at the same moment one wins.
    Either way the unique key decides. `label` is None when the case waits for a person again.

    Raises:
        NotFound: there is no such case.
        DecidedMeanwhile: the sequence is taken; the caller's transaction must roll back.
    """
    said = {
        "route": route,
        "reason": reason,
        "label": label,
        "is_blind": is_blind,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
    }
    parameters = {"case": case_id, "epoch": epoch, "after": after, "now": now, **said}
    try:
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            _APPEND.execute(cursor, parameters)
            row = cursor.fetchone()
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise DecidedMeanwhile(case_id=str(case_id), epoch=epoch) from error
        raise
    if row is None:
        raise NotFound(case_id=str(case_id))
    sequence, workflow_id, policy_version, arrived_at = row
    return Decision(
        case_id=case_id,
        epoch=epoch,
        sequence=sequence,
        workflow_id=workflow_id,
        policy_version=policy_version,
        arrived_at=arrived_at,
        decided_at=now,
        **said,
    )
