-- name: move_cases
-- takes: cases jsonb, to text, now timestamptz, sources text[]
UPDATE cases_case c SET status = %(to)s, answer = given.answer, changed_at = %(now)s
FROM jsonb_to_recordset(%(cases)s) AS given (case_id uuid, answer text)
WHERE c.id = given.case_id AND c.status = ANY(%(sources)s)
