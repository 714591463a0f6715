-- fragment: named
-- The automatic decisions that a recall names: the routing of the epoch that its case is in.
FROM policy_decision d JOIN cases_case c ON c.id = d.case_id AND c.epoch = d.epoch
WHERE d.workflow_id = %(workflow)s AND d.sequence = 0 AND d.route = 'auto'
  AND d.decided_at >= %(since)s AND d.decided_at < %(until)s
  AND (%(release)s::uuid IS NULL OR d.release_id = %(release)s)
  AND (%(label)s = '' OR d.label = %(label)s)
  AND (%(entity)s = '' OR c.entity = %(entity)s)
  AND (%(field)s = '' OR c.content ->> %(field)s = %(value)s)

-- fragment: alone
-- Of these, nobody but the model has spoken, and nobody is being asked.
c.status = 'decided' AND c.answer = d.label
    AND NOT EXISTS (SELECT 1 FROM cases_label l WHERE l.case_id = c.id AND l.superseded_at IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM reviews_task t
        WHERE t.case_id = c.id AND t.status IN ('waiting', 'leased', 'held') AND t.purpose <> 'known_answer')
    AND NOT EXISTS (
        SELECT 1 FROM policy_recalledcase r WHERE r.case_id = d.case_id AND r.epoch = d.epoch)

-- name: count_recalled
-- takes: workflow uuid, since timestamptz, until timestamptz, release uuid, label text, entity text
-- takes: field text, value text
SELECT count(*), count(*) FILTER (WHERE alone), coalesce(sum(1 - confidence) FILTER (WHERE alone), 0),
       min(decided_at) FILTER (WHERE alone), max(decided_at) FILTER (WHERE alone)
FROM (SELECT d.confidence, d.decided_at, {alone} AS alone {named}) named

-- name: list_recalled
-- takes: workflow uuid, since timestamptz, until timestamptz, release uuid, label text, entity text
-- takes: field text, value text, schema int, recall uuid
WITH cost AS (
    SELECT label ->> 'name' AS name, (label ->> 'cost')::float8 AS cost
    FROM cases_schemaversion s, jsonb_array_elements(s.labels) AS label
    WHERE s.workflow_id = %(workflow)s AND s.number = %(schema)s
), dearest AS (SELECT greatest(max(cost), 0) AS cost FROM cost), named AS (
    SELECT d.case_id, d.epoch, d.label,
        least(greatest(1 - coalesce(d.confidence, 0), 0), 1)
        * CASE WHEN dearest.cost > 0 THEN coalesce(cost.cost, dearest.cost) / dearest.cost ELSE 1 END AS harm
    FROM dearest, (SELECT d.* {named} AND {alone}) d LEFT JOIN cost ON cost.name = d.label
)
INSERT INTO policy_recalledcase (recall_id, case_id, epoch, place, harm, label, passed_by)
SELECT %(recall)s, case_id, epoch, row_number() OVER (ORDER BY harm DESC, case_id), harm, label, false
FROM named
ON CONFLICT (case_id, epoch) DO NOTHING
