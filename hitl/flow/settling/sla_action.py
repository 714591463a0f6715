"""What is done about cases that nobody answered in time, by their workflow's rule.

Every task is treated alike: what would be done for some reasons to be asked and not for others would tell
audits from other cases. Only a set label is kept from where it would stand in for the truth: a case that the
model decided has its answer already, and where a blind answer is drawn for, the task stays and is answered
late; that answer, not the set one, becomes the label. While all automation is stopped no case gets a set
label either: its time comes when automation is started again.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from cases.locking import lock_case
from cases.types import CaseStatus, Purpose
from hitl.flow.settling.decide import NewAnswer, decide
from hitl.shared.actor import system
from hitl.stop.selectors import stop_in_force
from policy.types import DecisionReason
from reviews.models import ReviewRules, Task
from reviews.services.asking import drop_tasks
from reviews.services.leases import end_late_holds
from reviews.services.tasks import with_reason
from reviews.types import Mode, SlaAction, TaskReason, TaskStatus

ACTOR = system("overdue rule")
AT_ONCE = 500  # of a workflow, in one go
MAX_PRIORITY = 100


def sweep_overdue(*, now: datetime) -> int:
    """Do what the rules say about every task whose time has passed, once; return how many tasks.

    Known-answer cases are left alone: nobody waits for them.
    """
    rules = ReviewRules.objects.exclude(sla_action=SlaAction.NONE)
    if stop_in_force() is not None:
        rules = rules.exclude(sla_action=SlaAction.DEFAULT)
    return sum(_sweep(each, now) for each in rules.filter(workflow__archived_at=None))


def _sweep(rules: ReviewRules, now: datetime) -> int:
    end_late_holds(workflow_id=rules.workflow_id, now=now)  # putting aside must not get around the rule
    late = Task.objects.filter(
        workflow_id=rules.workflow_id, status=TaskStatus.WAITING, due_at__lt=now, overdue_at=None
    ).exclude(purpose=Purpose.KNOWN_ANSWER)
    if rules.sla_action == SlaAction.DEFAULT:
        found = list(late.order_by("due_at").values_list("pk", "case_id")[:AT_ONCE])
        return sum(_answer_by_default(pk, case_id, rules, now) for pk, case_id in found)
    with transaction.atomic():
        locked = late.order_by("due_at").select_for_update(of=("self",), no_key=True, skip_locked=True)
        ids = list(locked.values_list("pk", flat=True)[:AT_ONCE])
        return _pass_on(Task.objects.filter(pk__in=ids), rules, now) if ids else 0


def _pass_on(tasks: QuerySet[Task], rules: ReviewRules, now: datetime) -> int:
    """Raise what waits, or give it to the adjudicators."""
    changes = {"overdue_at": now, "reasons": with_reason(TaskReason.OVERDUE)}
    if rules.sla_action == SlaAction.ESCALATE:
        return tasks.update(for_adjudicator=True, escalated_at=now, **changes)
    below = tasks.filter(priority__lt=MAX_PRIORITY)
    return below.update(priority=F("priority") + 1, **changes) + tasks.filter(overdue_at=None).update(
        overdue_at=now
    )


@transaction.atomic
def _answer_by_default(task_id: UUID, case_id: UUID, rules: ReviewRules, now: datetime) -> bool:
    """Decide a case with the set label, unless it has its answer; no label is recorded."""
    case = lock_case(case_id)
    task = Task.objects.select_for_update(of=("self",), no_key=True).filter(pk=task_id).first()
    if case is None or task is None or task.status != TaskStatus.WAITING or task.overdue_at is not None:
        return False
    Task.objects.filter(pk=task.pk).update(overdue_at=now, reasons=with_reason(TaskReason.OVERDUE))
    if case.status != CaseStatus.WAITING or case.epoch != task.epoch:
        return True
    if task.mode not in (Mode.BLIND, Mode.DECIDE_FIRST):
        drop_tasks(Task.objects.filter(pk=task.pk), now=now)
    label = rules.default_label
    decide([NewAnswer(case, label, DecisionReason.DEFAULTED)], actor=ACTOR, now=now)
    return True
