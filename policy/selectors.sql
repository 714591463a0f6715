-- name: routings_of
-- takes: cases uuid[]
SELECT d.case_id, d.epoch, d.route, d.reason, d.label, d.predicted, d.score, x.labels, c.cutoffs::text
FROM policy_decision d LEFT JOIN policy_cutoffset c ON c.id = d.cutoff_set_id
LEFT JOIN policy_disagreementdraw x ON x.case_id = d.case_id AND d.epoch = 1
WHERE d.case_id = ANY(%(cases)s) AND d.sequence = 0
