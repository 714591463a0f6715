-- fragment: rate
-- With what chance it was drawn for a blind answer.
CASE WHEN d.route = 'auto' THEN coalesce(d.audit_rate, d.inclusion_probability)
         WHEN d.reason = 'ramp' THEN 1 ELSE d.inclusion_probability END

-- fragment: routed
d.route = 'auto', d.is_audited, (d.is_audited OR d.is_blind) AND d.inclusion_probability IS NOT NULL,
    {rate}

-- fragment: window
d.workflow_id = %(workflow)s AND d.sequence = 0 AND d.decided_at >= %(since)s AND d.decided_at < %(until)s

-- name: replay_as_scored
-- takes: workflow uuid, since timestamptz, until timestamptz
SELECT d.case_id, d.epoch, extract(epoch FROM d.decided_at)::float8, d.predicted, d.score, {routed}
FROM policy_decision d WHERE {window} ORDER BY d.decided_at, d.case_id

-- name: replay_in_shadow
-- takes: workflow uuid, since timestamptz, until timestamptz, release uuid
SELECT d.case_id, d.epoch, extract(epoch FROM d.decided_at)::float8, s.predicted, s.score, {routed}
FROM policy_decision d LEFT JOIN models_store_shadowscore s
  ON s.release_id = %(release)s AND s.case_id = d.case_id AND s.routed_at = d.decided_at
WHERE {window} ORDER BY d.decided_at, d.case_id

-- name: replay_size
-- takes: workflow uuid, since timestamptz, until timestamptz
SELECT count(*), min(least(
    coalesce(CASE WHEN d.route = 'auto' THEN coalesce(d.audit_rate, d.inclusion_probability)
                  ELSE d.inclusion_probability END, 1), 1))
FROM policy_decision d WHERE {window}
