"""A queue of any length: cases that wait for people, written by the million."""

from collections.abc import Sequence
from uuid import UUID

from django.core.management import call_command
from django.db import connection, transaction

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.setup.create import set_up_workflow
from hitl.shared import clock
from hitl.shared.actor import system

ACTOR = system("bench")
LABELS = ("paid", "open")
CONTENT = '{"subject": "Invoice 4711", "body": "%s"}' % ("We have received your payment of 12 March. " * 10)

# Rows as intake writes them without a model: case, routing and task. Their keys rise with time, as UUIDv7 do.
_FILL = """
WITH numbered AS (
    SELECT n, ('018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
           (%(workflows)s::uuid[])[1 + n %% %(parts)s] AS workflow,
           now() - make_interval(secs => 1e6 - n * .1) AS at
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
), new_case AS (
    INSERT INTO cases_case (id, workflow_id, schema_version, content, content_sha256, status, epoch, origin,
                            received_at, changed_at)
    SELECT id, workflow, 1, %(content)s::jsonb, sha256(id::text::bytea), 'waiting', 1, 'api', at, at
    FROM numbered
), new_decision AS (
    INSERT INTO policy_decision (case_id, epoch, sequence, workflow_id, route, reason, pi, is_audited,
                                 is_blind, policy_version, actor_kind, actor_id, actor_name, arrived_at,
                                 decided_at)
    SELECT id, 1, 0, workflow, 'review', 'no_model', 1, false, true, 1, 'system', 'rule', 'rule', at, at
    FROM numbered
)
INSERT INTO reviews_task (id, case_id, workflow_id, schema_version, epoch, slot, status, purpose, reasons,
                          mode, pi, priority, created_at, due_at)
SELECT id, id, workflow, 1, 1, 1, 'waiting', 'review', '{no_model}', 'blind', 1, 0, at, at + interval '1 day'
FROM numbered
"""
_AT_ONCE = 50_000
_MANY = 10_000


class Backlog:
    """Two workflows whose cases all go to people, and the reviewers who work on them."""

    def __init__(self, reviewers: int) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        self.workflows = [_workflow("invoices"), _workflow("reminders")]
        self.reviewers = [_reviewer(f"reviewer-{n}") for n in range(reviewers)]
        self._written = 0

    @property
    def views(self) -> list[list[UUID] | None]:
        """Return what a reviewer may narrow the queue to: nothing, or one of the workflows."""
        return [None, *([workflow.id] for workflow in self.workflows)]

    def fill(self, waiting: int) -> None:
        """Bring the queue to this length; after many new rows, tidy up as autovacuum would."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM reviews_task WHERE status = 'waiting'")
            goal = self._written + waiting - cursor.fetchone()[0]
            for first in range(self._written + 1, goal + 1, _AT_ONCE):
                self._write(cursor, first, min(first + _AT_ONCE - 1, goal))
            if goal - self._written >= _MANY or not self._written:
                cursor.execute("VACUUM (ANALYZE) cases_case, policy_decision, reviews_task")
                cursor.execute("CHECKPOINT")
        self._written = max(self._written, goal)

    def _write(self, cursor, first: int, last: int) -> None:  # type: ignore[no-untyped-def]
        with transaction.atomic():
            cursor.execute("SET LOCAL session_replication_role = replica")  # the references are known to hold
            ids: Sequence[UUID] = [workflow.id for workflow in self.workflows]
            facts = {
                "workflows": list(ids),
                "parts": len(ids),
                "first": first,
                "last": last,
                "content": CONTENT,
            }
            cursor.execute(_FILL, facts)


def _workflow(slug: str) -> Workflow:
    return set_up_workflow(
        slug=slug,
        name=slug.title(),
        fields=[{"name": "subject", "kind": "text"}, {"name": "body", "kind": "text"}],
        labels=[{"name": name, "hotkey": str(n)} for n, name in enumerate(LABELS, 1)],
        actor=ACTOR,
        now=clock.now(),
    )


def _reviewer(name: str) -> User:
    return User.objects.create(username=name, roles=[Role.REVIEWER])
