"""A submitter takes a case out: nobody is asked about it any more."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.locking import lock_case
from cases.models import Case
from cases.types import CaseStatus
from hitl.accounts.types import Role
from hitl.flow.outcomes import set_status, tell
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, NotAllowed, NotFound
from policy.services.decisions import append
from reviews.models import Task
from reviews.services.answers import drop_tasks


class AlreadyDecided(Conflict):
    """This case is decided: it cannot be withdrawn any more, only its answer can be changed."""

    code = "already_decided"


@transaction.atomic
def withdraw_case(*, case_id: UUID, actor: Actor, now: datetime) -> Case:
    """Withdraw a case that waits for a person; whoever holds it loses it. Done twice, it stays withdrawn.

    A decided case stays: its audit must not depend on what the submitter would rather have audited.
    The door checks that a key was granted the case's workflow.

    Raises:
        NotFound: there is no such case.
        NotAllowed: the actor is a person without the right.
        AlreadyDecided: it has an answer.
    """
    if actor.kind == "user" and not actor.has(Role.OPERATOR, Role.ADMINISTRATOR):
        raise NotAllowed()
    case = lock_case(case_id)
    if case is None:
        raise NotFound()
    if case.status == CaseStatus.WITHDRAWN:
        return case
    if case.status == CaseStatus.DECIDED:
        raise AlreadyDecided()
    drop_tasks(Task.objects.filter(case_id=case.pk), now=now)
    append(case_id=case.pk, epoch=case.epoch, reason="withdrawn", label=None, actor=actor, now=now)
    set_status(case, CaseStatus.WITHDRAWN, answer=None, now=now)
    tell(case, "case.withdrawn", now=now)
    return case
