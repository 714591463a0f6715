-- name: scored_beside
-- takes: workflow uuid, challenger uuid, at timestamptz, case uuid, until timestamptz, most int
-- Routings in the order of evidence, and what the challenger said of each case.
SELECT d.decided_at, d.case_id, d.release_id, d.predicted, d.score, d.inclusion_probability,
       d.is_audited OR d.is_blind AS is_drawn,
       s.scored_at, s.predicted AS said, s.score AS its_score, s.unscored
FROM policy_decision d
LEFT JOIN models_store_shadowscore s
    ON s.release_id = %(challenger)s AND s.case_id = d.case_id AND s.routed_at = d.decided_at
WHERE d.workflow_id = %(workflow)s AND d.sequence = 0 AND d.epoch = 1
  AND d.decided_at >= %(at)s AND (d.decided_at, d.case_id) > (%(at)s, %(case)s) AND d.decided_at <= %(until)s
ORDER BY d.decided_at, d.case_id LIMIT %(most)s
