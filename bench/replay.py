"""Replay: a million stored cases under other cutoffs, beside reading their rows and doing nothing."""

import resource
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from bench._mail import Mail, set_up
from hitl.bench.rows import Row, from_runs, ratio
from monitoring.replay.reading import CHUNK
from monitoring.replay.run import Tried, replay

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 30
MAX_TIMES_READING = 6.0
"""What a replay may cost, over fetching the same rows through the same cursor."""

# One in twenty of the automatic is audited, one in ten of the others is answered blind. Cases spread evenly.
_CASES = """
INSERT INTO cases_case (id, workflow_id, schema_version, content, content_sha256, status, answer, epoch,
                        origin, received_at, changed_at)
SELECT gen_random_uuid(), %(workflow)s, 1, '{}', '\\x00', 'decided', 'ham', 1, 'api', at, at
FROM (SELECT %(begin)s::timestamptz + i * %(step)s * interval '1 second' AS at
      FROM generate_series(0, %(n)s - 1) AS i) made
"""
_DECISIONS = """
INSERT INTO policy_decision (case_id, epoch, sequence, workflow_id, route, reason, label, predicted, score,
    confidence, cutoff, release_id, cutoff_set_id, inclusion_probability, reference_rate, uniform, audit_rate,
    is_audited, is_blind, policy_version, actor_kind, actor_id, actor_name, arrived_at, decided_at)
SELECT id, 1, 0, %(workflow)s, CASE WHEN score >= .9 THEN 'auto' ELSE 'review' END,
    CASE WHEN score >= .9 THEN 'above_cutoff' ELSE 'below_cutoff' END,
    CASE WHEN score >= .9 THEN 'ham' END, 'ham', score, score, .9, %(release)s, %(cutoffs)s,
    CASE WHEN score >= .9 THEN .05 ELSE .1 END, .05, u,
    CASE WHEN score >= .9 THEN .05 END, score >= .9 AND u < .05, score < .9 AND u < .1, 1,
    'system', 'rule', 'rule', received_at, received_at
FROM (SELECT id, received_at, random() AS score, random() AS u FROM cases_case
      WHERE workflow_id = %(workflow)s AND origin = 'api') made
"""
_READ = """
SELECT case_id, epoch, extract(epoch FROM decided_at)::float8, predicted, score, route = 'auto', is_audited,
       is_audited OR is_blind, inclusion_probability
FROM policy_decision WHERE workflow_id = %s AND sequence = 0 ORDER BY decided_at, case_id
"""


def run(quick: bool) -> Sequence[Row]:
    """Measure; a hundred thousand cases when quick."""
    n, turns = (100_000, 2) if quick else (1_000_000, 3)
    mail = set_up(quick=True)
    workflow = mail.workflow
    _fill(mail, n)
    tried = Tried(BEGIN, BEGIN + timedelta(days=DAYS), cutoffs={"ham": 0.8, "spam": 0.8})
    now = BEGIN + timedelta(days=DAYS)
    reading, replaying, seen = [], [], 0
    for _ in range(turns):
        began = time.perf_counter()
        _read(mail)
        reading.append(time.perf_counter() - began)
        began = time.perf_counter()
        answer = replay(workflow, tried, now=now)
        replaying.append(time.perf_counter() - began)
        seen = answer.was.cases
    stored = _stored_bytes() / seen
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = f"{seen:,} cases, {answer.would_be.automatic:,} automatic under the other cutoff"
    return [
        ratio("replay, over reading the rows", replaying, reading, bar=MAX_TIMES_READING),
        from_runs(f"replay of {n:,} cases", "s", replaying, note=note),
        from_runs("reading their rows", "s", reading),
        Row("stored for a case and its routing, indexes included, content empty", "bytes", stored),
        Row("memory of the process at its peak", "MB", peak, bar=1_000.0),
    ]


def _fill(mail: Mail, n: int) -> None:
    facts: dict[str, Any] = {
        "workflow": mail.workflow.pk,
        "release": mail.release.pk,
        "cutoffs": mail.release.cutoff_sets.get(in_force_until=None, in_force_from__isnull=False).pk,
        "begin": BEGIN,
        "n": n,
        "step": DAYS * 86_400 / n,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CASES, facts)
        cursor.execute(_DECISIONS, facts)
        cursor.execute("ANALYZE cases_case, policy_decision")


def _stored_bytes() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_total_relation_size('cases_case') + pg_total_relation_size('policy_decision')"
        )
        (found,) = cursor.fetchone()
    return float(found)


def _read(mail: Mail) -> None:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_READ, [mail.workflow.pk])
        while cursor.fetchmany(CHUNK):
            pass
