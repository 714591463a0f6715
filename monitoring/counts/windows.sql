-- name: hour_counts
-- takes: workflow uuid, family text, first timestamptz, last timestamptz, seconds float8
-- takes: any_release bool, release uuid, binning uuid, measures text[], field text
SELECT field, measure, floor(extract(epoch FROM hour - %(first)s) / %(seconds)s)::int AS block,
       array_to_string(counts, ',') AS counts
FROM monitoring_hourcount
WHERE workflow_id = %(workflow)s AND family = %(family)s AND hour >= %(first)s AND hour < %(last)s
  AND (%(any_release)s OR release_id IS NOT DISTINCT FROM %(release)s)
  AND binning_id IS NOT DISTINCT FROM %(binning)s
  AND (%(measures)s::text[] IS NULL OR measure = ANY(%(measures)s))
  AND (%(field)s::text IS NULL OR field = %(field)s)
