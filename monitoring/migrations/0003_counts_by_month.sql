-- Rows that are there move along. Identity and columns stay those that Django made.
ALTER TABLE monitoring_hourcount RENAME TO monitoring_hourcount_before;
ALTER TABLE monitoring_hourcount_before DROP CONSTRAINT one_hour_count;
ALTER TABLE monitoring_hourcount_before DROP CONSTRAINT monitoring_hourcount_pkey;
CREATE TABLE monitoring_hourcount (LIKE monitoring_hourcount_before INCLUDING DEFAULTS INCLUDING IDENTITY)
    PARTITION BY RANGE (hour);
ALTER TABLE monitoring_hourcount ADD PRIMARY KEY (hour, id);
ALTER TABLE monitoring_hourcount ADD CONSTRAINT one_hour_count
    UNIQUE NULLS NOT DISTINCT (workflow_id, hour, family, field, measure, release_id, binning_id);
COMMENT ON TABLE monitoring_hourcount IS 'by month';
SELECT hitl_make_month('monitoring_hourcount', month)
FROM (SELECT DISTINCT date_trunc('month', hour AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month
      FROM monitoring_hourcount_before) AS months;
INSERT INTO monitoring_hourcount (workflow_id, binning_id, release_id, hour, family, field, measure, counts)
SELECT workflow_id, binning_id, release_id, hour, family, field, measure, counts FROM monitoring_hourcount_before;
DROP TABLE monitoring_hourcount_before;

-- reverse
ALTER TABLE monitoring_hourcount RENAME TO monitoring_hourcount_before;
ALTER TABLE monitoring_hourcount_before DROP CONSTRAINT one_hour_count;
ALTER TABLE monitoring_hourcount_before DROP CONSTRAINT monitoring_hourcount_pkey;
CREATE TABLE monitoring_hourcount (LIKE monitoring_hourcount_before INCLUDING DEFAULTS INCLUDING IDENTITY);
ALTER TABLE monitoring_hourcount ADD PRIMARY KEY (id);
ALTER TABLE monitoring_hourcount ADD CONSTRAINT one_hour_count
    UNIQUE NULLS NOT DISTINCT (workflow_id, hour, family, field, measure, release_id, binning_id);
INSERT INTO monitoring_hourcount (workflow_id, binning_id, release_id, hour, family, field, measure, counts)
SELECT workflow_id, binning_id, release_id, hour, family, field, measure, counts FROM monitoring_hourcount_before;
DROP TABLE monitoring_hourcount_before;
