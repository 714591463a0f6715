"""Withdraw a case, for its submitter or by the rule for skipped cases: nobody is asked any more."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from cases.locking import lock_case
from cases.models import Case
from cases.types import CaseStatus, Purpose
from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.flow.settling.decide import set_status, tell
from hitl.shared.actor import Actor, system
from hitl.shared.errors import Conflict, NotAllowed, NotFound
from policy.services.decisions import NewDecision, append_decisions
from policy.types import DecisionReason
from reviews.models import Skip, Task
from reviews.services.asking import drop_tasks
from reviews.types import OPEN, TaskStatus

LOOKS_BACK = timedelta(days=2)  # of the sweeper, over skipped cases
AT_ONCE = 500


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
    _withdraw(case, actor, now)
    return case


def _withdraw(case: Case, actor: Actor, now: datetime) -> None:
    drop_tasks(Task.objects.filter(case_id=case.pk), now=now)
    withdrawn = NewDecision(case.pk, case.epoch, DecisionReason.WITHDRAWN, None)
    append_decisions([withdrawn], actor=actor, now=now)
    set_status({case: None}, CaseStatus.WITHDRAWN, now=now)
    tell(case, "case.withdrawn", now=now)


def withdraw_skipped(*, now: datetime) -> int:
    """Withdraw the waiting cases that a reviewer skipped where the rule is that nobody else is asked.

    Return how many. Done again, it finds none.
    """
    skips = Skip.objects.filter(task__status=TaskStatus.DROPPED, task__purpose=Purpose.REVIEW)
    skips = skips.filter(task__case__status=CaseStatus.WAITING, task__closed_at=F("at"))
    found = skips.filter(at__gt=now - LOOKS_BACK).values_list("task__case_id", "reason")
    return sum(_withdraw_one(case_id, reason, now) for case_id, reason in found[:AT_ONCE])


@transaction.atomic
def _withdraw_one(case_id: UUID, reason: str, now: datetime) -> bool:
    case = lock_case(case_id)
    is_asked = Task.objects.filter(case_id=case_id, status__in=OPEN).exists()
    if case is None or case.status != CaseStatus.WAITING or is_asked:
        return False
    actor = system("skip rule")
    _withdraw(case, actor, now)
    record(action="case.dropped", actor=actor, now=now, about=case, detail={"reason": reason})
    return True
