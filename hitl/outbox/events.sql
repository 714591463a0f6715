-- name: endpoints_for
-- takes: kind text, workflow uuid
-- Who asked for events of a kind in a workflow; an endpoint that names no kind gets all.
SELECT id FROM outbox_endpoint
WHERE disabled_at IS NULL AND (kinds = '{}' OR %(kind)s = ANY(kinds))
  AND (workflow_id IS NULL OR workflow_id = %(workflow)s)
