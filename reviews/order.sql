-- name: rank_again
-- takes: workflow uuid, after uuid, most int, by_age bool, value_hours float8
-- `head_start` anew for the next open tasks of a workflow, by their keys; see `blind_value` and `value`. A
-- label that the schema no longer knows counts as the costliest. Some at a time: what is locked is passed by
-- when tasks are claimed.
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
