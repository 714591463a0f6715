"""The statement that hands out a task: one, whatever the backlog, and never the same task twice.

It walks the partial index of waiting tasks, whose head is the next task of a workflow and lane. With several
workflows it looks at the head of each and takes from the most pressing; nothing is ever sorted but those
heads. `SKIP LOCKED` lets reviewers who ask at the same moment pass each other. The inner `OFFSET 0` keeps the
planner from turning "not answered by me" into a join over everything a person has ever answered. Planning it
costs four times what running it does, so each connection prepares it once.
"""

from hitl.shared.prepared import Prepared

_FREE_PLACE = """
    SELECT min(p.place) AS place FROM generate_series(1, %(most_held)s) AS p(place)
    WHERE NOT EXISTS (
        SELECT 1 FROM reviews_task h
        WHERE h.leased_to_id = %(reviewer)s AND h.status = 'leased' AND h.place = p.place)
"""

_CLAIM = f"""
WITH mine AS MATERIALIZED ({_FREE_PLACE}), heads AS MATERIALIZED (
    SELECT w.id AS workflow_id, lane.for_adjudicator
    FROM cases_workflow w
    CROSS JOIN unnest(%(lanes)s::bool[]) AS lane(for_adjudicator)
    CROSS JOIN LATERAL (
        SELECT t.priority, t.due_at, t.id FROM reviews_task t
        WHERE t.workflow_id = w.id AND t.for_adjudicator = lane.for_adjudicator AND t.status = 'waiting'
        ORDER BY t.priority DESC, t.due_at, t.id LIMIT 1) head
    WHERE %(workflows)s::uuid[] IS NULL OR w.id = ANY(%(workflows)s::uuid[])
    ORDER BY head.priority DESC, head.due_at, head.id
), picked AS MATERIALIZED (
    SELECT next.* FROM heads h CROSS JOIN LATERAL (
        SELECT t.id, t.case_id, t.workflow_id, t.schema_version FROM reviews_task t
        WHERE t.workflow_id = h.workflow_id AND t.for_adjudicator = h.for_adjudicator AND t.status = 'waiting'
          AND NOT EXISTS (
              SELECT 1 FROM reviews_review r
              WHERE r.case_id = t.case_id AND r.epoch = t.epoch AND r.reviewer_id = %(reviewer)s
                AND r.undone_at IS NULL OFFSET 0)
          AND NOT EXISTS (
              SELECT 1 FROM reviews_skip s
              WHERE s.task_id = t.id AND s.reviewer_id = %(reviewer)s AND s.until > %(now)s OFFSET 0)
        ORDER BY t.priority DESC, t.due_at, t.id LIMIT 1
        FOR UPDATE OF t SKIP LOCKED) next
    WHERE (SELECT place FROM mine) IS NOT NULL
    LIMIT 1
)
UPDATE reviews_task t
SET status = 'leased', lease_token = %(token)s, leased_to_id = %(reviewer)s, leased_at = %(now)s,
    lease_until = %(now)s + make_interval(secs => coalesce(rules.lease_seconds, %(lease_seconds)s)),
    place = (SELECT place FROM mine)
FROM picked
JOIN cases_case c ON c.id = picked.case_id
JOIN cases_workflow w ON w.id = picked.workflow_id
JOIN cases_schemaversion s ON s.workflow_id = picked.workflow_id AND s.number = picked.schema_version
LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = picked.workflow_id
WHERE t.id = picked.id
"""  # noqa: S608 - text of our own, no input

# What the desk shows of a held task `t`, its case `c`, workflow `w` and schema `s`. In the order of `Held`.
HELD_COLUMNS = """
    t.id, t.lease_token, t.leased_at, t.lease_until, t.due_at, t.mode, t.suggestion, t.confidence,
    t.runner_up, t.release_id, t.case_id, t.workflow_id, t.schema_version, c.content, c.received_at,
    w.slug, w.name, w.guidelines, s.fields, s.labels
"""

CLAIM_NEXT = f"{_CLAIM} RETURNING {HELD_COLUMNS}"
PREPARED_CLAIM = Prepared(
    "hitl_claim_next",
    CLAIM_NEXT,
    {
        "reviewer": "int",
        "now": "timestamptz",
        "token": "uuid",
        "most_held": "int",
        "lease_seconds": "float8",
        "lanes": "bool[]",
        "workflows": "uuid[]",
    },
)

HELD_BY = f"""
SELECT {HELD_COLUMNS}
FROM reviews_task t
JOIN cases_case c ON c.id = t.case_id
JOIN cases_workflow w ON w.id = t.workflow_id
JOIN cases_schemaversion s ON s.workflow_id = t.workflow_id AND s.number = t.schema_version
WHERE t.leased_to_id = %(reviewer)s AND t.status = 'leased' AND t.lease_until > %(now)s
  AND (%(token)s::uuid IS NULL OR t.lease_token = %(token)s)
  AND (%(workflows)s::uuid[] IS NULL OR t.workflow_id = ANY(%(workflows)s::uuid[]))
ORDER BY t.leased_at DESC LIMIT 1
"""  # noqa: S608 - columns of our own, no input

TAKE_AGAIN = f"""
UPDATE reviews_task t
SET status = 'leased', lease_token = %(token)s, leased_at = %(now)s, place = mine.place,
    lease_until = %(now)s + make_interval(secs => coalesce(rules.lease_seconds, %(lease_seconds)s))
FROM ({_FREE_PLACE}) mine, cases_case c
JOIN cases_workflow w ON w.id = c.workflow_id
JOIN cases_schemaversion s ON s.workflow_id = c.workflow_id
LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = c.workflow_id
WHERE c.id = %(case)s AND t.case_id = c.id AND s.number = t.schema_version
  AND t.status = 'waiting' AND t.leased_to_id = %(reviewer)s AND mine.place IS NOT NULL
RETURNING {HELD_COLUMNS}
"""  # noqa: S608

# Locks the task under a lease until the transaction ends; its fields and its workflow's rules.
LOCKED_FIELDS = (
    "id", "case_id", "workflow_id", "schema_version", "epoch", "slot", "purpose", "mode", "pi", "lease_token",
    "leased_to_id", "leased_at", "lease_until",
)  # fmt: skip
LOCK_TASK = f"""
SELECT {", ".join(f"t.{name}" for name in LOCKED_FIELDS)},
       rules.reviews_required, rules.lease_seconds, rules.due_hours
FROM reviews_task t LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = t.workflow_id
WHERE t.lease_token = %s AND t.status = 'leased' FOR NO KEY UPDATE OF t
"""  # noqa: S608

# Closes the task and records the answer; nothing of either if the lease is not the one that was checked.
ANSWER = """
WITH done AS (
    UPDATE reviews_task
    SET status = 'done', closed_at = %(now)s, lease_token = NULL, lease_until = NULL, place = NULL
    WHERE id = %(task)s AND lease_token = %(token)s AND status = 'leased' RETURNING id, case_id, epoch, mode
)
INSERT INTO reviews_review (id, task_id, case_id, epoch, reviewer_id, label, comment, mode, shown,
                            lease_token, started_at, submitted_at, seconds)
SELECT %(id)s, done.id, done.case_id, done.epoch, %(reviewer)s, %(label)s, %(comment)s, done.mode,
       %(shown)s::jsonb, %(token)s, %(started)s, %(now)s, %(seconds)s
FROM done
"""

RENEW = """
UPDATE reviews_task t
SET lease_until = %(now)s + make_interval(secs => coalesce(
    (SELECT lease_seconds FROM reviews_reviewrules WHERE workflow_id = t.workflow_id), %(lease_seconds)s))
WHERE t.lease_token = %(token)s AND t.leased_to_id = %(reviewer)s AND t.status = 'leased'
  AND t.lease_until > %(now)s
RETURNING t.lease_until
"""

# Each count stops early: a picker that says "999+" serves as well as an exact number, at any backlog.
COUNT_WAITING = """
SELECT w.slug, w.name, (
    SELECT count(*) FROM (
        SELECT 1 FROM unnest(%(lanes)s::bool[]) AS lane(for_adjudicator)
        JOIN reviews_task t ON t.workflow_id = w.id AND t.for_adjudicator = lane.for_adjudicator
        WHERE t.status = 'waiting' LIMIT %(most)s) counted) AS waiting
FROM cases_workflow w ORDER BY w.name
"""
