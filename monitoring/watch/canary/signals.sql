-- name: asked_by_arm
-- takes: workflow uuid, since timestamptz, now timestamptz, first int, share int, arms int, open text[]
SELECT mod(d.arm - %(first)s + %(arms)s, %(arms)s) < %(share)s AS is_canary,
       count(*) AS asked,
       count(*) FILTER (WHERE t.status = ANY(%(open)s) AND t.due_at < %(now)s) AS late,
       count(*) FILTER (WHERE r.label IS NOT NULL) AS answered,
       count(*) FILTER (WHERE r.label <> t.suggestion) AS overridden
FROM policy_decision d
JOIN reviews_task t ON t.case_id = d.case_id AND t.epoch = d.epoch
LEFT JOIN reviews_review r ON r.task_id = t.id AND r.undone_at IS NULL AND t.suggestion IS NOT NULL
WHERE d.workflow_id = %(workflow)s AND d.sequence = 0 AND d.arm IS NOT NULL AND d.decided_at >= %(since)s
GROUP BY 1
