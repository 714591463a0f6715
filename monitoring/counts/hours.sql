-- name: put_hour_count
-- takes: workflow uuid, hour timestamptz, family text, measure text, counts bigint[]
INSERT INTO monitoring_hourcount
    (workflow_id, hour, family, field, measure, release_id, binning_id, counts)
VALUES (%(workflow)s, %(hour)s, %(family)s, '', %(measure)s, NULL, NULL, %(counts)s)
ON CONFLICT (workflow_id, hour, family, field, measure, release_id, binning_id)
DO UPDATE SET counts = EXCLUDED.counts
