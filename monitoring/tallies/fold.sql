-- name: add_to_hours
-- takes: rows jsonb
INSERT INTO monitoring_hourtally AS t
    (workflow_id, hour, sequence, route, reason, label, release_id, count, audited, replaced)
SELECT workflow_id, hour, sequence, route, reason, label, release_id, count, audited, replaced
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (
    workflow_id uuid, hour timestamptz, sequence smallint, route text, reason text, label text,
    release_id uuid, count int, audited int, replaced int)
ON CONFLICT (workflow_id, hour, sequence, route, reason, label, release_id)
DO UPDATE SET count = t.count + EXCLUDED.count, audited = t.audited + EXCLUDED.audited,
    replaced = t.replaced + EXCLUDED.replaced
