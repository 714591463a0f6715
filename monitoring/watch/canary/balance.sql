-- name: canary_by_case
-- takes: workflow uuid, since timestamptz, until timestamptz, first int, share int, arms int
-- takes: unscored text[], unusable text[], accepted text[]
SELECT mod(d.arm - %(first)s + %(arms)s, %(arms)s) < %(share)s AS is_canary, count(*) AS n,
       count(*) FILTER (WHERE d.reason = ANY(%(unscored)s)) AS unscored,
       count(*) FILTER (WHERE d.reason = ANY(%(unusable)s)) AS unusable,
       count(*) FILTER (WHERE d.reason = ANY(%(accepted)s)) AS accepted
FROM policy_decision d
WHERE {window}
GROUP BY 1

-- name: canary_by_entity
-- takes: workflow uuid, since timestamptz, until timestamptz, first int, share int, arms int
-- takes: unscored text[], unusable text[], accepted text[]
SELECT mod(d.arm - %(first)s + %(arms)s, %(arms)s) < %(share)s AS is_canary,
       count(DISTINCT {entity}) AS n,
       count(DISTINCT {entity}) FILTER (WHERE d.reason = ANY(%(unscored)s)) AS unscored,
       count(DISTINCT {entity}) FILTER (WHERE d.reason = ANY(%(unusable)s)) AS unusable,
       count(DISTINCT {entity}) FILTER (WHERE d.reason = ANY(%(accepted)s)) AS accepted
FROM policy_decision d JOIN cases_case c ON c.id = d.case_id
WHERE {window}
GROUP BY 1

-- fragment: window
d.workflow_id = %(workflow)s AND d.sequence = 0 AND d.epoch = 1 AND d.arm IS NOT NULL
  AND d.decided_at >= %(since)s AND d.decided_at <= %(until)s

-- fragment: entity
coalesce(c.entity, c.id::text)
