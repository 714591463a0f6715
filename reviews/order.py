"""The order of the queue: by priority, then by a time that the workflow's rules compute.

That moment is the due time less a head start or, for `age`, the time the case came in, less the same head
start. The head start is `value_hours` times the value of a person's answer, between 0 and 1: how unsure the
model is, times what its mistake would cost as a share of the highest. Nothing of this changes with time, so
nothing goes stale while it waits; when the rules change, `reviews.services.order` works every waiting task
out anew.

A task that shows nothing of the model must not betray it by its place either: its value is a number drawn for
it, which has nothing to do with the case, so that blind tasks stand spread among the others.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from hitl.shared.statements import statements_beside
from reviews.models import ReviewRules
from reviews.types import OrderKind


def blind_value(task_id: UUID) -> float:
    """Return a number in [0, 1) that belongs to the task: the last 32 bits of its key, which are random."""
    return (task_id.int & 0xFFFF_FFFF) * 2.0**-32


def value(confidence: float, label: str, costs: Mapping[str, float]) -> float:
    """Return in [0, 1] the value of an answer: the chance of a mistake times its cost against the highest.

    >>> value(0.75, "spam", {"ham": 4.0, "spam": 1.0})
    0.0625
    """
    dearest = max(costs.values(), default=0.0)
    share = costs.get(label, dearest) / dearest if dearest > 0 else 1.0
    return min(max(1.0 - confidence, 0.0), 1.0) * share


def head_start(rules: ReviewRules, *, due_after: timedelta, worth: float) -> float:
    """Return by how many seconds a task is sorted before its due time."""
    started = due_after.total_seconds() if rules.order == OrderKind.AGE else 0.0
    return started + rules.value_hours * 3600 * worth


RANK_AGAIN = statements_beside(__file__)["rank_again"].text  # the same for tasks that wait already
