"""Recall automatic decisions: which, how many a day, in which order. Who is asked is up to the flow.

Any release's decisions, or whatever an auditor can name. The order is fixed when the recall is listed, by
expected harm: the chance of a mistake, by the calibrated confidence, times what it costs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from cases.models import Workflow
from cases.selectors import schema_in_force
from hitl.accounts.automation import require_lowerer
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, Invalid, NotFound, Problem
from hitl.shared.given_reason import reason_problem
from hitl.shared.jobs import enqueue
from hitl.shared.statements import statements_beside
from hitl.shared.words import Words
from models_store.models import Release
from policy.models import Recall, RecalledCase

JOB = "hitl.flow.recall"
MAX_REASON = 500
MAX_PER_DAY = 100_000
ALL_TIME = "-infinity"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a recall takes: whatever is named narrows it."""

    release_id: UUID | None = None
    label: str = ""
    since: datetime | None = None
    until: datetime | None = None
    field: str = ""
    value: str = ""
    entity: str = ""

    @property
    def names_something(self) -> bool:
        """Whether anything is named."""
        return any((self.release_id, self.label, self.since, self.until, self.field, self.entity))


@dataclass(frozen=True, slots=True)
class Preview:
    """How many decisions a recall would take, and what stands among them.

    Attributes:
        decided: automatic decisions that it names.
        answered: of them, already answered by people, withdrawn, or being asked about.
        takes: the rest: so many people would be asked about.
        expected_wrong: mistakes among these that the calibrated confidence expects; a belief, no proof.
        first, last: when the first and the last of them were decided.
    """

    decided: int
    answered: int
    takes: int
    expected_wrong: float
    first: datetime | None
    last: datetime | None

    def days(self, per_day: int) -> int:
        """How many days it lasts at this many a day."""
        return -(-self.takes // per_day) if per_day > 0 else 0


_SQL = statements_beside(__file__)


def preview(*, workflow: Workflow, taken: Taken, now: datetime) -> Preview:
    """Count what a recall would take.

    Raises:
        Invalid: it names what the workflow does not have, or nothing at all.
    """
    _check(workflow, taken)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_recalled"].text, _parameters(workflow, taken, now))
        decided, takes, expected, first, last = cursor.fetchone()
    return Preview(decided, decided - takes, takes, float(expected), first, last)


@transaction.atomic
def begin_recall(
    *, workflow_id: UUID, taken: Taken, per_day: int, reason: str, actor: Actor, now: datetime
) -> Recall:
    """Write down what is recalled, and ring for a worker; nobody is asked yet.

    Raises:
        NotFound, NotAllowed, Invalid: nothing is written.
    """
    workflow = Workflow.objects.filter(pk=workflow_id).first()
    if workflow is None:
        raise NotFound(workflow_id=str(workflow_id))
    require_lowerer(actor)
    _check(workflow, taken, per_day=per_day, reason=reason)
    recall = Recall.objects.create(
        workflow=workflow,
        release_id=taken.release_id,
        label=taken.label,
        since=taken.since,
        until=taken.until,
        field=taken.field,
        value=taken.value,
        entity=taken.entity,
        reason=reason.strip(),
        per_day=per_day,
        asked_by=actor.name,
        asked_by_id=actor.id,
        at=now,
    )
    detail = {"recall": str(recall.pk), "reason": recall.reason, "per_day": per_day, **named(recall)}
    record(action="recall.begun", actor=actor, now=now, about=workflow, detail=detail)
    enqueue(JOB, str(recall.pk))
    return recall


@transaction.atomic
def list_cases(*, recall_id: UUID, now: datetime) -> Recall:
    """Write down the cases of a recall in their order, once; return it."""
    recall = Recall.objects.select_for_update(no_key=True).select_related(None).get(pk=recall_id)
    if recall.listed_at is not None:
        return recall
    workflow = recall.workflow
    parameters = _parameters(workflow, taken_by(recall), recall.at)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["list_recalled"].text,
            {**parameters, "recall": recall.pk, "schema": workflow.schema_version},
        )
        recall.total = cursor.rowcount
    recall.listed_at = now
    recall.save(update_fields=["listed_at", "total"])
    return recall


@transaction.atomic
def change_budget(*, recall_id: UUID, per_day: int, actor: Actor, now: datetime) -> Recall:
    """Ask about more or fewer cases a day from now on.

    Raises:
        NotFound, NotAllowed, Invalid, Conflict: nothing is changed.
    """
    recall = locked_recall(recall_id)
    require_lowerer(actor)
    if problems := _budget_problems(per_day):
        raise Invalid(problems)
    detail = {"recall": str(recall.pk), "before": recall.per_day, "after": per_day}
    recall.per_day = per_day
    recall.save(update_fields=["per_day"])
    record(action="recall.changed", actor=actor, now=now, about=recall.workflow, detail=detail)
    return recall


def locked_recall(recall_id: UUID) -> Recall:
    """Return an open recall, locked until the transaction ends.

    Raises:
        NotFound: there is no such recall.
        Conflict: it is closed.
    """
    recall = Recall.objects.select_for_update(no_key=True, of=("self",)).filter(pk=recall_id).first()
    if recall is None:
        raise NotFound("There is no such recall.")
    if recall.finished_at is not None:
        raise Conflict("This recall is closed.")
    return recall


def taken_by(recall: Recall) -> Taken:
    """Return what a recall takes."""
    return Taken(
        recall.release_id,
        recall.label,
        recall.since,
        recall.until,
        recall.field,
        recall.value,
        recall.entity,
    )


def named(recall: Recall) -> dict[str, Any]:
    """Return what a recall takes, as plain values: only what is named."""
    facts = {
        "release": recall.release.name if recall.release else None,
        "label": recall.label,
        "since": recall.since.isoformat() if recall.since else None,
        "until": recall.until.isoformat() if recall.until else None,
        "field": recall.field,
        "value": recall.value if recall.field else None,
        "entity": recall.entity,
    }
    return {name: value for name, value in facts.items() if value}


def unasked(recall: Recall) -> int:
    """Return how many cases of a recall wait for their turn."""
    return RecalledCase.objects.filter(recall=recall, asked_at=None, passed_by=False).count()


def _parameters(workflow: Workflow, taken: Taken, now: datetime) -> Mapping[str, Any]:
    return {
        "workflow": workflow.pk,
        "release": taken.release_id,
        "label": taken.label,
        "since": taken.since or ALL_TIME,
        "until": min(taken.until, now) if taken.until else now,
        "field": taken.field,
        "value": taken.value,
        "entity": taken.entity,
    }


_NONE_YET = "of the preview"  # untranslated: nobody gives a reason for a preview, and nobody reads this


def _check(workflow: Workflow, taken: Taken, *, per_day: int = 1, reason: str = _NONE_YET) -> None:
    schema = schema_in_force(workflow)
    names = [field["name"] for field in schema.fields]
    problems = _budget_problems(per_day)
    if not taken.names_something:
        fix = Words("Name a model, a label, a time, a field or an entity.")
        problems.append(
            Problem(
                field="release", error="is missing, and so is everything else that could be named", fix=fix
            )
        )
    if taken.release_id and not Release.objects.filter(pk=taken.release_id, workflow=workflow).exists():
        problems.append(
            Problem(field="release", error="is no model of this workflow", fix="Choose one of its models.")
        )
    if taken.field and taken.field not in names:
        fix = Words("Use one of %(names)s.", names=", ".join(names))
        problems.append(Problem(field="field", error="is no field of this workflow", fix=fix))
    if taken.since and taken.until and taken.until <= taken.since:
        problems.append(Problem(field="until", error="is not after the beginning", fix="Choose a later one."))
    if problem := reason_problem(reason, most=MAX_REASON):
        problems.append(problem)
    if problems:
        raise Invalid(problems)


def _budget_problems(per_day: int) -> list[Problem]:
    if 1 <= per_day <= MAX_PER_DAY:
        return []
    fix = Words("Ask about 1 to %(most)s cases a day.", most=MAX_PER_DAY)
    return [Problem(field="per_day", error=Words("is %(value)s", value=per_day), fix=fix)]
