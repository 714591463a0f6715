"""Write a batch of decided cases with COPY: four streams, one transaction (ADR 0007).

The workflow's row is held FOR SHARE while they are copied, so that a change of policy waits for the batch
or the batch sees it. A stop of all automation waits for nobody: the batch looks at it before and after.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from hitl.flow.intake.rows import CASE_COLUMNS, DECISION_COLUMNS, TASK_COLUMNS
from hitl.flow.intake.scores import SOURCE_SCORE_COLUMNS
from hitl.flow.intake.sql_intake import Stale
from hitl.flow.intake.types import Decided
from hitl.shared.copying import copy_rows
from hitl.stop.selectors import STOPPED

_UNCHANGED = f"id = %s AND policy_version = %s AND archived_at IS NULL AND {STOPPED} = %s"
_GATE = f"SELECT 1 FROM cases_workflow WHERE {_UNCHANGED} FOR SHARE"  # noqa: S608 - text of our own, no input


def write_batch(
    rows: Sequence[Decided],
    *,
    workflow_id: UUID,
    policy_version: int,
    stopped: bool,
    key_id: UUID | None,
    key_version: int,
) -> None:
    """Write the batch. Must run inside a transaction.

    Raises:
        Stale: policy or key have changed since they were read; nothing is written.
        django.db.IntegrityError: a reference was taken in the meantime; the transaction is lost.
    """
    pass_gate(workflow_id=workflow_id, policy_version=policy_version, stopped=stopped)
    if key_id is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM accounts_apikey"
                " WHERE id = %s AND version = %s AND revoked_at IS NULL FOR SHARE",
                [key_id, key_version],
            )
            if cursor.fetchone() is None:
                raise Stale
    copy_rows("cases_case", CASE_COLUMNS, (row.case for row in rows))
    copy_rows("policy_decision", DECISION_COLUMNS, (row.decision for row in rows if row.decision is not None))
    copy_rows("reviews_task", TASK_COLUMNS, (row.task for row in rows if row.task is not None))
    copy_rows("models_store_sourcescore", SOURCE_SCORE_COLUMNS, (one for row in rows for one in row.scores))
    pass_stop(stopped=stopped)


def pass_gate(*, workflow_id: UUID, policy_version: int, stopped: bool) -> None:
    """Hold the policy that a batch was decided under until it is written. Must run inside a transaction.

    Raises:
        Stale: it has changed since it was read.
    """
    with connection.cursor() as cursor:
        cursor.execute(_GATE, [workflow_id, policy_version, stopped])
        if cursor.fetchone() is None:
            raise Stale


def pass_stop(*, stopped: bool) -> None:
    """Look once more, before a batch commits, whether all automation was stopped or started meanwhile.

    Raises:
        Stale: it was.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {STOPPED}")
        if cursor.fetchone() != (stopped,):
            raise Stale
