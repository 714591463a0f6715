-- name: lock_case
-- takes: case uuid
SELECT {locked_columns}
FROM cases_case c JOIN cases_workflow w ON w.id = c.workflow_id
WHERE c.id = %(case)s FOR NO KEY UPDATE OF c
