-- name: intake
-- takes: workflow uuid, policy_version int, stopped bool, key uuid, key_version int
-- takes: case json, decision json, task json, scores json
-- A document a table, because quoting them costs a third of quoting their sixty values one by one.
WITH gate AS (
    SELECT 1 FROM cases_workflow
    WHERE id = %(workflow)s AND policy_version = %(policy_version)s AND archived_at IS NULL
      AND {stopped} = %(stopped)s
      AND (%(key)s IS NULL OR EXISTS (
          SELECT 1 FROM accounts_apikey
          WHERE id = %(key)s AND version = %(key_version)s AND revoked_at IS NULL))
), new_case AS (
    INSERT INTO cases_case ({case_columns})
    SELECT row.* FROM gate, json_to_record(%(case)s) AS row({case_types})
    WHERE row.idempotency_key IS NULL OR NOT EXISTS (  -- a batch for later has made no cases yet
        SELECT 1 FROM cases_intakebatch b
        WHERE b.key_id = row.key_id AND b.idempotency_key = row.idempotency_key)
    ON CONFLICT DO NOTHING RETURNING id
), new_decision AS (
    INSERT INTO policy_decision ({decision_columns})
    SELECT row.* FROM new_case, json_to_record(%(decision)s) AS row({decision_types})
    WHERE %(decision)s IS NOT NULL
), new_task AS (
    INSERT INTO reviews_task ({task_columns})
    SELECT row.* FROM new_case, json_to_record(%(task)s) AS row({task_types}) WHERE %(task)s IS NOT NULL
), new_scores AS (
    INSERT INTO models_store_sourcescore ({scores_columns})
    SELECT row.* FROM new_case, json_to_recordset(%(scores)s) AS row({scores_types})
    WHERE %(scores)s IS NOT NULL
)
SELECT EXISTS (SELECT 1 FROM gate) AS passed, EXISTS (SELECT 1 FROM new_case) AS written
