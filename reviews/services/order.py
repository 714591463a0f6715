"""Sort the queue again after the rules of its order have changed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from reviews.models import ReviewRules
from reviews.order import RANK_AGAIN, blind_value, head_start
from reviews.services.rules import rules_of_workflow
from reviews.types import OrderKind

AT_ONCE = 5_000


def rank_again(*, workflow_id: UUID) -> int:
    """Give every open task of a workflow its place by the present rules; return how many moved.

    Cases that come in meanwhile are taken in under the new rules already: the change raised the workflow's
    version, and whatever was written under the old one is here by now. Done twice, the second moves none.
    """
    rules = rules_of_workflow(workflow_id)
    params: dict[str, Any] = {
        "workflow": workflow_id,
        "by_age": rules.order == OrderKind.AGE,
        "value_hours": rules.value_hours,
        "most": AT_ONCE,
    }
    moved = 0
    after: UUID | None = UUID(int=0)
    while after is not None:
        with connection.cursor() as cursor:
            cursor.execute(RANK_AGAIN, {**params, "after": after})
            count, after = cursor.fetchone()
        moved += count
    return moved


def blind_head_start(rules: ReviewRules, *, task_id: UUID, created_at: datetime, due_at: datetime) -> float:
    """Return the head start in seconds of a task that shows nothing of the model."""
    due_after: timedelta = due_at - created_at
    return head_start(rules, due_after=due_after, worth=blind_value(task_id))
