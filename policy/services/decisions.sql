-- name: append_decisions
-- takes: decisions jsonb, actor_kind text, actor_id text, actor_name text, now timestamptz
-- Sequence 0 is the routing, which intake writes; everything later is appended here, with what it copies from
-- its case.
INSERT INTO policy_decision (
    case_id, epoch, sequence, workflow_id, route, reason, label, is_audited, is_blind, review_id,
    policy_version, actor_kind, actor_id, actor_name, arrived_at, decided_at)
SELECT
    c.id, given.epoch,
    1 + coalesce(given.after, (
        SELECT d.sequence FROM policy_decision d WHERE d.case_id = c.id AND d.epoch = given.epoch
        ORDER BY d.sequence DESC LIMIT 1), 0),
    c.workflow_id, 'person', given.reason, given.label, false, given.is_blind, given.review_id,
    w.policy_version, %(actor_kind)s, %(actor_id)s, %(actor_name)s, c.received_at, %(now)s
FROM jsonb_to_recordset(%(decisions)s) AS given (
    case_id uuid, epoch smallint, after smallint, reason text, label text, is_blind bool, review_id uuid)
JOIN cases_case c ON c.id = given.case_id
JOIN cases_workflow w ON w.id = c.workflow_id
