-- name: horizon
-- What runs in another database of the cluster writes no row of ours; what cannot be told counts as ours.
WITH taken AS MATERIALIZED (SELECT pg_current_snapshot() AS at),
running AS (SELECT pg_snapshot_xip(at)::text::bigint AS xid FROM taken),
elsewhere AS (
    SELECT held.transactionid::text::bigint AS xid
    FROM pg_locks AS held JOIN pg_stat_activity AS who USING (pid)
    WHERE held.locktype = 'transactionid' AND held.granted AND held.mode = 'ExclusiveLock'
      AND who.datname <> current_database()
)
SELECT coalesce(
    (SELECT min(xid) FROM running WHERE (xid & 4294967295) NOT IN (SELECT xid FROM elsewhere)),
    pg_snapshot_xmax(at)::text::bigint
) AS ended, pg_snapshot_xmax(at)::text::bigint AS coming FROM taken
