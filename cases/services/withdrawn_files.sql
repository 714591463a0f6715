-- name: files_of_withdrawn_cases
-- takes: before timestamptz
-- What only cases name that were withdrawn before then. Where there are none, no other content is read.
WITH past AS (
    SELECT DISTINCT c.workflow_id, field.value ->> 'asset' AS asset_id
    FROM cases_case c CROSS JOIN LATERAL jsonb_each(c.content) field
    WHERE c.status = 'withdrawn' AND c.changed_at < %(before)s AND field.value ->> 'asset' IS NOT NULL
), needed AS (
    SELECT c.workflow_id, field.value ->> 'asset' AS asset_id
    FROM cases_case c CROSS JOIN LATERAL jsonb_each(c.content) field
    WHERE c.workflow_id IN (SELECT workflow_id FROM past)
      AND (c.status <> 'withdrawn' OR c.changed_at >= %(before)s)
)
SELECT k.workflow_id, k.asset_id
FROM cases_keptfile k JOIN (SELECT * FROM past EXCEPT SELECT * FROM needed) over USING (workflow_id, asset_id)
WHERE k.kept_at < %(before)s
ORDER BY k.workflow_id, k.asset_id

-- name: who_names_files
-- takes: names text[]
SELECT DISTINCT c.workflow_id, field.value ->> 'asset'
FROM cases_case c CROSS JOIN LATERAL jsonb_each(c.content) field
WHERE c.status <> 'withdrawn' AND field.value ->> 'asset' = ANY(%(names)s)
