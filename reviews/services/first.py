"""Ask about chosen cases before others: those whose answers are worth the most to the next model.

Only cases that are shown with their suggestion can be chosen. Whoever is asked blind is asked for another
reason, and what goes first must not betray it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from cases.models import Workflow
from cases.types import Purpose
from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotAllowed, Problem
from hitl.shared.words import Words
from reviews.models import Task
from reviews.types import READ_ALONE, Mode, TaskStatus

ASKING = (Role.LEAD, Role.OPERATOR)
FIRST = 1  # their priority: above what came in as usual, below what somebody marked as urgent
MAX_FIRST = 500


def can_go_first(workflow_id: UUID) -> QuerySet[Task]:
    """Return the waiting tasks of a workflow that may be asked about before others."""
    return Task.objects.filter(
        workflow_id=workflow_id,
        status=TaskStatus.WAITING,
        purpose=Purpose.REVIEW,
        mode__in=[Mode.ASSISTED, Mode.ON_DEMAND],
        suggestion__isnull=False,
        for_adjudicator=False,
        first_label=None,
    ).exclude(reasons__overlap=READ_ALONE)


@transaction.atomic
def ask_first(*, workflow: Workflow, task_ids: Sequence[UUID], why: str, actor: Actor, now: datetime) -> int:
    """Put these tasks before others in the queue; return how many still waited behind.

    Raises:
        NotAllowed, Invalid: nothing is changed.
    """
    if not actor.has(*ASKING):
        raise NotAllowed("What is asked first is chosen by leads and operators.")
    if not 0 < len(task_ids) <= MAX_FIRST:
        fix = Words("Choose from 1 to %(most)s.", most=MAX_FIRST)
        raise Invalid([Problem(field="tasks", error=Words("are %(count)s", count=len(task_ids)), fix=fix)])
    rows = can_go_first(workflow.pk).filter(pk__in=task_ids, priority__lt=FIRST)
    locked = list(
        rows.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .order_by("id")
        .values_list("id", flat=True)
    )
    moved = Task.objects.filter(pk__in=locked, status=TaskStatus.WAITING).update(priority=FIRST)
    if moved:
        detail = {"cases": moved, "why": why}
        record(action="tasks.put_first", actor=actor, now=now, about=workflow, detail=detail)
    return moved
