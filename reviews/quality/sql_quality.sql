-- What is asked of the answers of a window. Each person's newest answers are read along one index, up to a
-- limit.
--
-- `checked` adds what an answer is compared with, and says whether it may be: only where the comparison would
-- have been made whatever the person said. First answers to audits are left out: those that contradict the
-- model are always read again, those that agree hardly ever, so that they would make everybody look wrong. So
-- are adjudications: they decide what they would be compared with. What was accepted in a batch unread is no
-- answer of anybody's here; `UNREAD` counts it.
--
-- `predicted` is what the model says of the case, where this app knows it: as the suggestion of one of its
-- tasks, or with a known answer. `before` is what was said without sight of it.

-- fragment: answers
answers AS MATERIALIZED (
    SELECT given.* FROM accounts_user person
    CROSS JOIN LATERAL (
        SELECT r.id, r.case_id, r.epoch, r.reviewer_id, r.label, r.first_label, r.mode, r.seconds,
               r.submitted_at, r.shown, t.workflow_id, t.purpose, t.suggestion
        FROM reviews_review r JOIN reviews_task t ON t.id = r.task_id
        WHERE r.reviewer_id = person.id AND r.submitted_at >= %(since)s AND r.submitted_at <= %(until)s
          AND r.undone_at IS NULL AND (%(workflow)s::uuid IS NULL OR t.workflow_id = %(workflow)s::uuid)
          AND r.shown ->> 'read' IS DISTINCT FROM 'false'
        ORDER BY r.submitted_at DESC LIMIT %(most)s) given
    WHERE %(person)s::int IS NULL OR person.id = %(person)s::int
)

-- fragment: checked
{answers}, compared AS (
    SELECT a.*, coalesce(known.truth, label.label) AS truth,
           coalesce(others.adjudicated, false) AS is_adjudicated,
           coalesce(a.suggestion, known.predicted, others.suggestion) AS predicted,
           coalesce(a.first_label, CASE WHEN a.mode = 'blind' THEN a.label END) AS before,
           a.mode <> 'blind' AND coalesce((a.shown ->> 'suggestion')::bool, a.mode = 'assisted') AS is_shown,
           CASE a.purpose
               WHEN 'known_answer' THEN true
               WHEN 'second' THEN coalesce(others.n, 0) > 0
               WHEN 'review' THEN coalesce(others.is_by_rule, false)
               ELSE false END AS is_compared
    FROM answers a
    LEFT JOIN reviews_knownanswercase known ON known.case_id = a.case_id AND a.purpose = 'known_answer'
    LEFT JOIN cases_label label
        ON label.case_id = a.case_id AND label.superseded_at IS NULL AND a.purpose <> 'known_answer'
    LEFT JOIN LATERAL (
        SELECT count(*) AS n, bool_or(ot.purpose = 'adjudication') AS adjudicated,
               bool_or('second' = ANY(ot.reasons)) AS is_by_rule, max(ot.suggestion) AS suggestion
        FROM reviews_review o JOIN reviews_task ot ON ot.id = o.task_id
        WHERE o.case_id = a.case_id AND o.epoch = a.epoch AND o.reviewer_id <> a.reviewer_id
          AND o.undone_at IS NULL AND ot.purpose <> 'known_answer') others ON a.purpose <> 'known_answer'
), checked AS MATERIALIZED (
    SELECT c.*, c.is_compared AND c.truth IS NOT NULL AS is_checked,
           c.is_compared AND c.truth IS NOT NULL AND c.purpose <> 'known_answer' AS has_consensus,
           c.is_compared AND c.predicted <> c.truth AS is_model_wrong
    FROM compared c
)

-- fragment: counts
-- Counts in pairs: of how many, how many.
count(*) AS answers,
percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90,
sum(seconds) AS active_seconds, max(submitted_at) AS last_at,
count(*) FILTER (WHERE has_consensus) AS compared,
count(*) FILTER (WHERE has_consensus AND label = truth) AS agreed,
count(*) FILTER (WHERE has_consensus AND mode = 'blind') AS blind_compared,
count(*) FILTER (WHERE has_consensus AND mode = 'blind' AND label = truth) AS blind_agreed,
count(*) FILTER (WHERE has_consensus AND is_shown) AS shown_compared,
count(*) FILTER (WHERE has_consensus AND is_shown AND label = truth) AS shown_agreed,
count(*) FILTER (WHERE is_adjudicated AND truth IS NOT NULL AND purpose <> 'adjudication') AS disputed,
count(*) FILTER (WHERE is_adjudicated AND truth <> label AND purpose <> 'adjudication') AS overturned,
count(*) FILTER (WHERE purpose = 'known_answer' AND truth IS NOT NULL) AS known,
count(*) FILTER (WHERE purpose = 'known_answer' AND label = truth) AS known_right,
count(*) FILTER (WHERE is_model_wrong AND is_shown) AS mistakes_shown,
count(*) FILTER (WHERE is_model_wrong AND is_shown AND label = predicted) AS mistakes_shown_repeated,
count(*) FILTER (WHERE is_model_wrong AND before IS NOT NULL) AS mistakes_unseen,
count(*) FILTER (WHERE is_model_wrong AND before = predicted) AS mistakes_unseen_repeated

-- name: by_person
-- takes: since timestamptz, until timestamptz, workflow uuid, most int, person int
-- takes: paced uuid[], below float8[]
WITH {checked}
SELECT c.reviewer_id AS person_id, person.username, person.first_name,
       count(*) FILTER (WHERE c.seconds < pace.below) AS too_fast, {counts}
FROM checked c JOIN accounts_user person ON person.id = c.reviewer_id
LEFT JOIN unnest(%(paced)s::uuid[], %(below)s::float8[]) AS pace(workflow_id, below) USING (workflow_id)
GROUP BY 1, 2, 3 ORDER BY 4 + count(*) DESC, 2

-- name: by_label
-- takes: since timestamptz, until timestamptz, workflow uuid, most int, person int
WITH {checked}
SELECT c.workflow_id, c.label, count(*) AS answers,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90,
       count(*) FILTER (WHERE is_adjudicated AND truth IS NOT NULL AND purpose <> 'adjudication') AS disputed,
       count(*) FILTER (WHERE is_adjudicated AND truth <> label AND purpose <> 'adjudication') AS overturned
FROM checked c GROUP BY 1, 2 ORDER BY 3 DESC, 2

-- name: confused
-- takes: since timestamptz, until timestamptz, workflow uuid, most int, person int
WITH {checked}
SELECT c.workflow_id, c.truth, c.label, count(*) AS answers FROM checked c WHERE is_checked GROUP BY 1, 2, 3

-- name: flagged
-- takes: since timestamptz, until timestamptz, workflow uuid, most int
-- What reviewers said of highlights, word by word, those that misled most first.
SELECT t.workflow_id, flag ->> 'field' AS field, lower(flag ->> 'place') AS place,
       count(*) FILTER (WHERE flag ->> 'verdict' = 'misled') AS misled,
       count(*) FILTER (WHERE flag ->> 'verdict' = 'helped') AS helped,
       count(DISTINCT r.reviewer_id) FILTER (WHERE flag ->> 'verdict' = 'misled') AS people
FROM reviews_review r JOIN reviews_task t ON t.id = r.task_id
CROSS JOIN LATERAL jsonb_array_elements(r.flags) AS flag
WHERE r.submitted_at >= %(since)s AND r.submitted_at <= %(until)s AND r.undone_at IS NULL AND r.flags <> '[]'
  AND (%(workflow)s::uuid IS NULL OR t.workflow_id = %(workflow)s::uuid)
GROUP BY 1, 2, 3 ORDER BY misled DESC, helped, place LIMIT %(most)s

-- name: unread
-- takes: since timestamptz, until timestamptz, workflow uuid, person int
SELECT r.reviewer_id, count(*) AS unread FROM reviews_review r JOIN reviews_task t ON t.id = r.task_id
WHERE r.submitted_at >= %(since)s AND r.submitted_at <= %(until)s AND r.undone_at IS NULL
  AND (%(workflow)s::uuid IS NULL OR t.workflow_id = %(workflow)s::uuid)
  AND (%(person)s::int IS NULL OR r.reviewer_id = %(person)s::int) AND r.shown ->> 'read' = 'false'
GROUP BY 1

-- name: seconds
-- takes: since timestamptz, until timestamptz, workflow uuid, most int, person int
WITH {answers} SELECT a.workflow_id, a.reviewer_id, a.seconds FROM answers a

-- name: independent
-- takes: since timestamptz, until timestamptz, workflow uuid, most int, person int
-- The answers to cases that two people were to answer whatever the first said, and those to known-answer
-- cases.
WITH {answers}
SELECT a.workflow_id, a.case_id, a.reviewer_id, coalesce(a.first_label, a.label) AS label, known.truth
FROM answers a
LEFT JOIN reviews_knownanswercase known ON known.case_id = a.case_id AND a.purpose = 'known_answer'
WHERE known.truth IS NOT NULL
   OR (a.purpose IN ('review', 'second') AND EXISTS (
       SELECT 1 FROM reviews_review o JOIN reviews_task ot ON ot.id = o.task_id
       WHERE o.case_id = a.case_id AND o.epoch = a.epoch AND o.undone_at IS NULL
         AND ot.purpose = 'second' AND 'second' = ANY(ot.reasons)))
ORDER BY a.case_id

-- name: waiting
-- takes: now timestamptz, soon timestamptz, most int
-- Open work by workflow and lane, counted up to a limit; reasons with how many tasks have each.
SELECT w.id, w.slug, w.name, lane.for_adjudicator, seen.n, seen.oldest, seen.first_due, seen.overdue,
       seen.soon, seen.reasons
FROM cases_workflow w CROSS JOIN (VALUES (false), (true)) AS lane(for_adjudicator)
CROSS JOIN LATERAL (
    SELECT count(*) AS n, min(created_at) AS oldest, min(due_at) AS first_due,
           count(*) FILTER (WHERE due_at < %(now)s) AS overdue,
           count(*) FILTER (WHERE due_at >= %(now)s AND due_at < %(soon)s) AS soon,
           (SELECT json_object_agg(reason, n) FROM (
               SELECT reason, count(*) AS n FROM (
                   SELECT unnest(t.reasons) AS reason FROM reviews_task t
                   WHERE t.workflow_id = w.id AND t.for_adjudicator = lane.for_adjudicator
                     AND t.status = 'waiting' LIMIT %(most)s) each GROUP BY reason) by_reason) AS reasons
    FROM (
        SELECT t.created_at, t.due_at FROM reviews_task t
        WHERE t.workflow_id = w.id AND t.for_adjudicator = lane.for_adjudicator AND t.status = 'waiting'
        LIMIT %(most)s) open) seen
WHERE seen.n > 0
ORDER BY w.name, lane.for_adjudicator

-- name: at_risk
-- takes: soon timestamptz, most int, counted int
SELECT open.case_id, w.name, open.due_at, open.for_adjudicator, open.reasons, person.username
FROM cases_workflow w
CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT t.case_id, t.due_at, t.for_adjudicator, t.reasons, NULL::int AS leased_by FROM reviews_task t
        WHERE t.workflow_id = w.id AND t.status = 'waiting' LIMIT %(counted)s) waiting
    WHERE waiting.due_at < %(soon)s
    UNION ALL
    SELECT t.case_id, t.due_at, t.for_adjudicator, t.reasons, t.leased_to_id FROM reviews_task t
    WHERE t.workflow_id = w.id AND t.status = 'leased' AND t.due_at < %(soon)s) open
LEFT JOIN accounts_user person ON person.id = open.leased_by
ORDER BY open.due_at, open.case_id LIMIT %(most)s

-- name: who_is_on
-- takes: now timestamptz, lately timestamptz, hour_ago timestamptz, midnight timestamptz
SELECT person.id, person.username, person.first_name, leased.n, leased.since, leased.until,
       leased.workflow AS leased_in, last.at, last.label, last.workflow AS last_in, lately.hour, lately.today
FROM accounts_user person
LEFT JOIN LATERAL (
    SELECT count(*) AS n, min(t.leased_at) AS since, max(t.lease_until) AS until, min(w.name) AS workflow
    FROM reviews_task t JOIN cases_workflow w ON w.id = t.workflow_id
    WHERE t.leased_to_id = person.id AND t.status = 'leased' AND t.lease_until > %(now)s) leased ON true
LEFT JOIN LATERAL (
    SELECT r.submitted_at AS at, r.label, w.name AS workflow
    FROM reviews_review r JOIN cases_case c ON c.id = r.case_id JOIN cases_workflow w ON w.id = c.workflow_id
    WHERE r.reviewer_id = person.id AND r.submitted_at <= %(now)s AND r.undone_at IS NULL
    ORDER BY r.submitted_at DESC LIMIT 1) last ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.submitted_at > %(hour_ago)s) AS hour, count(*) AS today
    FROM reviews_review r
    WHERE r.reviewer_id = person.id AND r.submitted_at >= %(midnight)s AND r.submitted_at <= %(now)s
      AND r.undone_at IS NULL) lately ON true
WHERE leased.n > 0 OR last.at > %(lately)s
ORDER BY leased.n > 0 DESC, last.at DESC NULLS LAST, person.username

-- name: by_hour
-- takes: since timestamptz, until timestamptz, workflow uuid, most int, person int
WITH {answers}
SELECT date_trunc('hour', a.submitted_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS hour, w.name,
       count(*) AS answers
FROM answers a JOIN cases_workflow w ON w.id = a.workflow_id GROUP BY 1, 2 ORDER BY 1, 2
