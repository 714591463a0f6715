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


# The same for the next open tasks of a workflow, by their keys; see `blind_value` and `value`. A label that
# the schema no longer knows counts as the costliest. Some at a time: what is locked is passed by when tasks
# are claimed.
RANK_AGAIN = """
WITH cost AS (
    SELECT label ->> 'name' AS name, (label ->> 'cost')::float8 AS cost, s.number
    FROM cases_schemaversion s, jsonb_array_elements(s.labels) AS label
    WHERE s.workflow_id = %(workflow)s
), dearest AS (
    SELECT number, max(cost) AS cost FROM cost GROUP BY number
), open AS (
    SELECT * FROM reviews_task
    WHERE workflow_id = %(workflow)s AND status IN ('waiting', 'leased', 'held') AND id > %(after)s
    ORDER BY id LIMIT %(most)s
), placed AS (
    SELECT t.id,
        CASE WHEN %(by_age)s THEN extract(epoch FROM t.due_at - t.created_at)::float8 ELSE 0 END
        + %(value_hours)s * 3600 * CASE
            WHEN t.mode NOT IN ('assisted', 'on_demand') OR t.confidence IS NULL
            THEN ('x' || right(t.id::text, 8))::bit(32)::bigint / 4294967296.0
            ELSE least(greatest(1 - t.confidence, 0), 1) * CASE
                WHEN coalesce(dearest.cost, 0) > 0 THEN coalesce(cost.cost, dearest.cost) / dearest.cost
                ELSE 1 END
          END AS head_start
    FROM open t
    LEFT JOIN dearest ON dearest.number = t.schema_version
    LEFT JOIN cost ON cost.number = t.schema_version AND cost.name = t.suggestion
), moved AS (
    UPDATE reviews_task t SET head_start = placed.head_start
    FROM placed
    WHERE t.id = placed.id AND abs(t.head_start - placed.head_start) > 0.001
    RETURNING t.id
)
SELECT (SELECT count(*) FROM moved), (SELECT id FROM open ORDER BY id DESC LIMIT 1)
"""
