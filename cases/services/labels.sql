-- name: record_labels
-- takes: labels jsonb, now timestamptz
INSERT INTO cases_label (id, case_id, workflow_id, schema_version, label, purpose, labelled_by_id,
                         is_blind, inclusion_probability, seconds, review_id, at, superseded_at)
SELECT id, case_id, workflow_id, schema_version, label, purpose, labelled_by_id,
       is_blind, inclusion_probability, seconds, review_id, %(now)s,
       CASE WHEN is_replaced THEN %(now)s END
FROM jsonb_to_recordset(%(labels)s) AS given (
    id uuid, case_id uuid, workflow_id uuid, schema_version int, label text, purpose text,
    labelled_by_id int, is_blind bool, inclusion_probability float8, seconds float8, review_id uuid,
    is_replaced bool)

-- name: supersede_labels
-- takes: rows jsonb, now timestamptz
UPDATE cases_label l SET superseded_at = %(now)s, superseded_by_review_id = given.review_id
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (case_id uuid, review_id uuid)
WHERE l.case_id = given.case_id AND l.superseded_at IS NULL
