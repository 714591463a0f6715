-- name: new_routings
-- takes: workflow uuid, dated_from timestamptz, place_at timestamptz, place_case uuid
-- takes: from_xid bigint, to_xid bigint, now_xid bigint, most int
-- A row has 32 bits of its transaction: the whole number follows from one that is not smaller.
SELECT d.case_id, d.decided_at, d.release_id, d.route, d.predicted, d.score, d.confidence,
       c.content, c.schema_version, c.content_sha256, c.received_at
FROM policy_decision AS d JOIN cases_case AS c ON c.id = d.case_id,
     LATERAL (SELECT %(now_xid)s - ((%(now_xid)s - d.xmin::text::bigint) & 4294967295) AS xid) AS written
WHERE d.workflow_id = %(workflow)s AND d.sequence = 0 AND d.epoch = 1
  AND d.decided_at >= %(dated_from)s AND (d.decided_at, d.case_id) > (%(place_at)s, %(place_case)s)
  AND written.xid >= %(from_xid)s AND written.xid < %(to_xid)s
ORDER BY d.decided_at, d.case_id LIMIT %(most)s

-- name: add_hour_count
-- takes: workflow uuid, hour timestamptz, family text, field text, measure text, release uuid, bins uuid
-- takes: counts bigint[]
INSERT INTO monitoring_hourcount AS t
    (workflow_id, hour, family, field, measure, release_id, binning_id, counts)
VALUES (%(workflow)s, %(hour)s, %(family)s, %(field)s, %(measure)s, %(release)s, %(bins)s, %(counts)s)
ON CONFLICT (workflow_id, hour, family, field, measure, release_id, binning_id) DO UPDATE
SET counts = (SELECT array_agg(a + b ORDER BY i) FROM unnest(t.counts, EXCLUDED.counts)
              WITH ORDINALITY AS u(a, b, i))
