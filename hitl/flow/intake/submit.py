"""How a case comes in and who decides it.

One case and ten thousand run the same steps:

    check -> score -> decide -> write (case, decision and, where a person is asked, task) -> answer

Nothing is half-written: one statement for one case, one transaction for a batch. Both compare the policy and
the key they were decided under with the database's, and on a mismatch start again under the new ones.
"""

from django.db import IntegrityError

from cases.content import printable
from hitl.accounts.clients import ClientKey
from hitl.flow.intake import replays
from hitl.flow.intake.check import check
from hitl.flow.intake.decide import decide_cases
from hitl.flow.intake.in_force import WorkflowArchived, WorkflowInForce, forget, is_current, workflow_in_force
from hitl.flow.intake.sql_intake import Stale
from hitl.flow.intake.types import Busy, Intake, ItemResult
from hitl.flow.intake.write import write_many, write_single
from hitl.shared.errors import NotFound
from hitl.shared.tracing import span
from hitl.shared.words import Words

_TRIES = 6


def submit_cases(intake: Intake) -> list[ItemResult]:
    """Take in cases and decide them; one result per submission, in their order.

    Raises:
        NotFound: there is no such workflow, or the key was not granted for it.
        WorkflowArchived: it takes no new cases.
        replays.IdempotencyMismatch: the idempotency key was used for another payload.
        replays.KeyRevoked: the key was revoked or changed in the meantime.
        Busy: the policy kept changing while the cases were being written.
    """
    with span("intake", workflow=intake.slug, cases=len(intake.items)):
        return _submit(intake)


def _submit(intake: Intake) -> list[ItemResult]:
    for _ in range(_TRIES):
        current = workflow_in_force(intake.slug)
        if current.is_archived and not is_current(current):
            forget(intake.slug)
            continue
        _check_access(current, intake.key)
        replayed = replays.batch(intake, current.slug) if intake.is_batch else {}
        results, checked = check(current, intake, replayed)
        rows = decide_cases(current, checked, intake)
        if not rows and not is_current(
            current
        ):  # nothing is written that would notice: what refused them was old
            forget(intake.slug)
            continue
        try:
            if intake.is_batch:
                results |= write_many(current, intake, rows)
            elif rows:
                results[0] = write_single(current, intake, rows[0])
        except Stale:
            forget(intake.slug)
            replays.check_key(intake.key)
        except IntegrityError:
            pass  # a reference or an idempotency key was taken between looking and writing: look again
        else:
            return [results[place] for place in range(len(intake.items))]
    raise Busy()


def _check_access(current: WorkflowInForce, key: ClientKey | None) -> None:
    if key is not None and not key.may_use(current.workflow_id):
        raise NotFound(
            Words('There is no workflow "%(slug)s", or it is not yours.', slug=printable(current.slug))
        )
    if current.is_archived:
        raise WorkflowArchived()
