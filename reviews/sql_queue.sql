-- The statement that hands out a task, and those that keep, hold, answer and count.
--
-- `claim_next` is one statement, whatever the backlog, and never hands out the same task twice (ADR 0013). It
-- walks the partial index of waiting tasks, whose head is the next task of a workflow and lane. With several
-- workflows it looks at the head of each whose team and skills let the person in, and takes from the most
-- pressing; nothing is ever sorted but those heads. SKIP LOCKED lets reviewers who ask at the same moment
-- pass each other. The inner OFFSET 0 keeps the planner from turning "not answered by me" into a join over
-- everything a person has ever answered.

-- fragment: free_place
SELECT min(p.place) AS place FROM generate_series(1, %(max_leases)s) AS p(place)
WHERE NOT EXISTS (
    SELECT 1 FROM reviews_task h
    WHERE h.leased_to_id = %(reviewer)s AND h.status = 'leased' AND h.place = p.place)

-- fragment: teams_and_skills
-- Of a `person`.
SELECT ARRAY(SELECT m.team_id FROM reviews_team_members m WHERE m.user_id = person.id) AS teams,
       ARRAY(SELECT unnest(p.skills)::text FROM reviews_personskills p WHERE p.person_id = person.id
             UNION SELECT unnest(t.skills)::text FROM reviews_team t
             JOIN reviews_team_members m ON m.team_id = t.id WHERE m.user_id = person.id) AS skills

-- fragment: able
-- The same of the person who asks.
SELECT has.teams, has.skills
FROM (VALUES (%(reviewer)s::int)) AS person(id) CROSS JOIN LATERAL ({teams_and_skills}) has

-- fragment: lets_in
-- Which workflows, given their `rules`, let in who is `able`.
(rules.workflow_id IS NULL OR (
    rules.skills::text[] <@ able.skills AND (rules.team_id IS NULL OR rules.team_id = ANY(able.teams))))

-- fragment: not_for
-- What of a waiting task `t` is not offered to a person, whoever else may have it.
NOT EXISTS (
    SELECT 1 FROM reviews_review r
    WHERE r.case_id = t.case_id AND (r.epoch = t.epoch OR t.purpose = 'known_answer')
      AND r.reviewer_id = %(reviewer)s AND r.undone_at IS NULL OFFSET 0)
AND NOT EXISTS (
    SELECT 1 FROM reviews_skip s
    WHERE s.task_id = t.id AND s.reviewer_id = %(reviewer)s AND s.until > %(now)s OFFSET 0)
AND t.escalated_by_id IS DISTINCT FROM %(reviewer)s
AND (t.purpose <> 'known_answer' OR NOT EXISTS (
    SELECT 1 FROM reviews_knownanswercase g
    WHERE g.case_id = t.case_id AND g.marked_by_id = %(reviewer)s OFFSET 0))

-- name: claim_next
-- takes: reviewer int, now timestamptz, token uuid, max_leases int, lease_seconds float8
-- takes: ahead_seconds float8, lanes bool[], workflows uuid[]
WITH mine AS MATERIALIZED ({free_place}), able AS MATERIALIZED ({able}), heads AS MATERIALIZED (
    SELECT w.id AS workflow_id, lane.for_adjudicator
    FROM cases_workflow w
    CROSS JOIN able
    LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = w.id
    CROSS JOIN unnest(%(lanes)s::bool[]) AS lane(for_adjudicator)
    CROSS JOIN LATERAL (
        SELECT t.priority, t.goes_at, t.id FROM reviews_task t
        WHERE t.workflow_id = w.id AND t.for_adjudicator = lane.for_adjudicator AND t.status = 'waiting'
        ORDER BY t.priority DESC, t.goes_at, t.id LIMIT 1) head
    WHERE (%(workflows)s::uuid[] IS NULL OR w.id = ANY(%(workflows)s::uuid[])) AND {lets_in}
    ORDER BY head.priority DESC, head.goes_at, head.id
), picked AS MATERIALIZED (
    SELECT next.* FROM heads h CROSS JOIN LATERAL (
        SELECT t.id, t.case_id, t.workflow_id, t.schema_version FROM reviews_task t
        WHERE t.workflow_id = h.workflow_id AND t.for_adjudicator = h.for_adjudicator AND t.status = 'waiting'
          AND {not_for}
        ORDER BY t.priority DESC, t.goes_at, t.id LIMIT 1
        FOR UPDATE OF t SKIP LOCKED) next
    WHERE (SELECT place FROM mine) IS NOT NULL
    LIMIT 1
)
UPDATE reviews_task t
SET status = 'leased', lease_token = %(token)s, leased_to_id = %(reviewer)s, leased_at = %(now)s,
    lease_until = %(now)s + make_interval(secs =>
        coalesce(%(ahead_seconds)s, rules.lease_seconds, %(lease_seconds)s)),
    place = (SELECT place FROM mine), ahead = %(ahead_seconds)s IS NOT NULL,
    first_label = CASE WHEN t.leased_to_id = %(reviewer)s THEN t.first_label END
FROM picked
JOIN cases_case c ON c.id = picked.case_id
JOIN cases_workflow w ON w.id = picked.workflow_id
JOIN cases_schemaversion s ON s.workflow_id = picked.workflow_id AND s.number = picked.schema_version
LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = picked.workflow_id
WHERE t.id = picked.id
RETURNING {leased_columns}

-- fragment: shown
-- Whether anything of the model may be seen: where people answer first, once they have.
(t.mode <> 'decide_first' OR t.first_label IS NOT NULL)

-- fragment: leased_columns
-- What the desk shows of a leased task `t`, its case `c`, workflow `w` and schema `s`: what `LeasedTask` has.
-- The case is shown as old as its task: second reads and known-answer cases look like any other.
t.id AS task_id, t.lease_token, t.leased_at, t.lease_until, t.due_at, t.mode,
CASE WHEN {shown} THEN t.suggestion END AS suggestion,
CASE WHEN {shown} THEN t.confidence END AS confidence,
CASE WHEN {shown} THEN t.runner_up END AS runner_up,
CASE WHEN {shown} THEN t.release_id END AS release_id,
t.case_id, t.workflow_id, t.schema_version, c.content, t.created_at AS received_at,
w.slug, w.name AS workflow, w.review_policy, s.fields, s.labels,
t.first_label, t.for_adjudicator, t.escalation,
rules.reason_codes, rules.ready_notes

-- name: leased_by
-- takes: reviewer int, now timestamptz, token uuid, workflows uuid[]
SELECT {leased_columns}
FROM reviews_task t
JOIN cases_case c ON c.id = t.case_id
JOIN cases_workflow w ON w.id = t.workflow_id
JOIN cases_schemaversion s ON s.workflow_id = t.workflow_id AND s.number = t.schema_version
LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = t.workflow_id
WHERE t.leased_to_id = %(reviewer)s AND t.status = 'leased' AND t.lease_until > %(now)s
  AND (t.lease_token = %(token)s OR (%(token)s::uuid IS NULL AND NOT t.ahead))
  AND (%(workflows)s::uuid[] IS NULL OR t.workflow_id = ANY(%(workflows)s::uuid[]))
ORDER BY t.leased_at DESC LIMIT 1

-- fragment: take
UPDATE reviews_task t
SET status = 'leased', lease_token = %(token)s, leased_at = %(now)s, place = mine.place,
    held_until = NULL, shelf = NULL, ahead = false,
    lease_until = %(now)s + make_interval(secs => coalesce(rules.lease_seconds, %(lease_seconds)s))
FROM ({free_place}) mine, cases_case c
JOIN cases_workflow w ON w.id = c.workflow_id
JOIN cases_schemaversion s ON s.workflow_id = c.workflow_id
LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = c.workflow_id
WHERE t.case_id = c.id AND s.number = t.schema_version
  AND t.leased_to_id = %(reviewer)s AND mine.place IS NOT NULL

-- name: take_again
-- takes: reviewer int, now timestamptz, token uuid, max_leases int, lease_seconds float8, case uuid
{take}
  AND c.id = %(case)s AND t.status = 'waiting' AND t.escalated_by_id IS DISTINCT FROM %(reviewer)s
  AND NOT EXISTS (
      SELECT 1 FROM reviews_skip s
      WHERE s.task_id = t.id AND s.reviewer_id = %(reviewer)s AND s.until > %(now)s)
RETURNING {leased_columns}

-- name: take_up
-- takes: reviewer int, now timestamptz, token uuid, max_leases int, lease_seconds float8, task uuid
{take} AND t.id = %(task)s AND t.status = 'held' RETURNING {leased_columns}

-- name: hold
-- takes: reviewer int, now timestamptz, token uuid, until timestamptz, cap int
-- Holds a task on the first free shelf of its holder; none is free at the cap.
UPDATE reviews_task t
SET status = 'held', held_until = %(until)s, shelf = free.shelf,
    lease_token = NULL, lease_until = NULL, place = NULL, ahead = false
FROM (
    SELECT min(p.shelf) AS shelf FROM generate_series(1, %(cap)s) AS p(shelf)
    WHERE NOT EXISTS (
        SELECT 1 FROM reviews_task h
        WHERE h.leased_to_id = %(reviewer)s AND h.status = 'held' AND h.shelf = p.shelf)) free
WHERE t.lease_token = %(token)s AND t.leased_to_id = %(reviewer)s AND t.status = 'leased'
  AND t.lease_until > %(now)s AND free.shelf IS NOT NULL

-- name: begin_leased_ahead
-- takes: reviewer int, now timestamptz, token uuid, lease_seconds float8
-- A case that was leased ahead is on the page now: its time begins.
UPDATE reviews_task t
SET ahead = false, leased_at = CASE WHEN t.ahead THEN %(now)s ELSE t.leased_at END,
    lease_until = %(now)s + make_interval(secs => coalesce(
        (SELECT lease_seconds FROM reviews_reviewrules WHERE workflow_id = t.workflow_id), %(lease_seconds)s))
WHERE t.lease_token = %(token)s AND t.leased_to_id = %(reviewer)s AND t.status = 'leased'
  AND t.lease_until > %(now)s
RETURNING t.lease_until

-- name: lock_task
-- takes: token uuid
-- Locks the task under a lease until the transaction ends: its fields in the order of the model, whether
-- other answers stand beside it (what is known already settles nothing), and its workflow's rules.
SELECT t.id, t.case_id, t.workflow_id, t.schema_version, t.epoch, t.slot, t.purpose, t.mode,
       t.inclusion_probability, t.created_at, t.due_at, t.first_label, t.lease_token,
       t.leased_to_id, t.leased_at, t.lease_until,
       EXISTS (SELECT 1 FROM reviews_review r JOIN reviews_task other ON other.id = r.task_id
               WHERE r.case_id = t.case_id AND r.epoch = t.epoch AND r.undone_at IS NULL
                 AND other.purpose <> 'known_answer' OFFSET 0) AS has_others,
       rules.reviews_required, rules.lease_seconds, rules.due_hours, rules.second_read_share,
       rules.reason_codes, rules."order", rules.value_hours
FROM reviews_task t LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = t.workflow_id
WHERE t.lease_token = %(token)s AND t.status = 'leased' FOR NO KEY UPDATE OF t

-- name: answer
-- takes: answers jsonb, reviewer int, now timestamptz, sources text[]
-- Closes tasks and records their answers; nothing of one that is no longer leased as when it was checked:
-- under that lease, or by nobody.
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(answers)s) AS given (
        id uuid, task_id uuid, leased_under uuid, lease_token uuid, label text, comment text,
        reason_code text, first_label text, shown jsonb, marks jsonb, flags jsonb,
        started_at timestamptz, seconds float8)
), done AS (
    UPDATE reviews_task t
    SET status = 'done', closed_at = %(now)s, lease_token = NULL, lease_until = NULL, place = NULL,
        ahead = false, leased_to_id = %(reviewer)s, leased_at = given.started_at
    FROM given
    WHERE t.id = given.task_id AND t.status = ANY(%(sources)s)
      AND t.lease_token IS NOT DISTINCT FROM given.leased_under
    RETURNING t.id, t.case_id, t.epoch, t.mode
)
INSERT INTO reviews_review (id, task_id, case_id, epoch, reviewer_id, label, comment, reason_code,
                            first_label, mode, shown, marks, flags, lease_token, started_at, submitted_at,
                            seconds)
SELECT given.id, done.id, done.case_id, done.epoch, %(reviewer)s, given.label, given.comment,
       given.reason_code, given.first_label, done.mode, given.shown, given.marks, given.flags,
       given.lease_token, given.started_at, %(now)s, given.seconds
FROM done JOIN given ON given.task_id = done.id

-- name: renew
-- takes: reviewer int, now timestamptz, token uuid, lease_seconds float8, ahead_seconds float8
-- The case on the page for another lease, and what its holder has ahead for another short one.
UPDATE reviews_task t
SET lease_until = %(now)s + make_interval(secs => CASE
    WHEN t.ahead THEN %(ahead_seconds)s
    ELSE coalesce(
        (SELECT lease_seconds FROM reviews_reviewrules WHERE workflow_id = t.workflow_id), %(lease_seconds)s)
    END)
WHERE t.leased_to_id = %(reviewer)s AND t.status = 'leased' AND t.lease_until > %(now)s
  AND (t.lease_token = %(token)s OR t.ahead)
RETURNING t.lease_token, t.lease_until

-- name: count_waiting
-- takes: reviewer int, now timestamptz, lanes bool[], most int
-- Each count stops early: a picker that says "999+" serves as well as an exact number, at any backlog.
-- What the person would not be given does not count.
WITH able AS MATERIALIZED ({able})
SELECT w.slug, w.name, (
    SELECT count(*) FROM (
        SELECT 1 FROM unnest(%(lanes)s::bool[]) AS lane(for_adjudicator)
        JOIN reviews_task t ON t.workflow_id = w.id AND t.for_adjudicator = lane.for_adjudicator
        WHERE t.status = 'waiting' AND {not_for} LIMIT %(most)s) counted) AS waiting
FROM cases_workflow w CROSS JOIN able LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = w.id
WHERE {lets_in} ORDER BY w.name

-- name: anybody_else
-- takes: workflow uuid, but int[]
-- Whether anybody but these people is offered second answers in a workflow.
SELECT EXISTS (
    SELECT 1 FROM cases_workflow w LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = w.id,
        accounts_user person CROSS JOIN LATERAL ({teams_and_skills}) able
    WHERE w.id = %(workflow)s AND person.is_active
      AND (person.is_superuser OR 'reviewer' = ANY(person.roles))
      AND person.id <> ALL(%(but)s) AND {lets_in})

-- name: open_workflows
-- takes: reviewer int
-- The workflows that a person's teams and skills let them into.
SELECT w.id FROM cases_workflow w CROSS JOIN ({able}) able
LEFT JOIN reviews_reviewrules rules ON rules.workflow_id = w.id WHERE {lets_in}

-- name: lock_case_under
-- takes: token uuid
-- As `lock_case` in cases/locking.sql, for the case of the task under a lease.
SELECT {locked_columns}
FROM cases_case c JOIN cases_workflow w ON w.id = c.workflow_id
WHERE c.id = (SELECT t.case_id FROM reviews_task t WHERE t.lease_token = %(token)s) FOR NO KEY UPDATE OF c
