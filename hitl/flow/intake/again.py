"""One waiting case looked at again: scored, decided by the draws of its next epoch, and written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db.models import F

from cases.models import Case
from cases.services.status import move_cases
from cases.types import CaseStatus
from hitl.flow.intake.decide import runner_up, score
from hitl.flow.intake.in_force import WorkflowInForce
from hitl.flow.intake.rows import DECISION_COLUMNS, decision_row, task_row
from hitl.flow.intake.scores import Heard
from hitl.flow.intake.types import Checked, Row
from hitl.outbox.events import News, emit
from hitl.shared.canonical import derived_key
from hitl.shared.copying import copy_rows
from models_store.source_answers import said_of
from policy.models import Decision
from reviews.models import Task
from reviews.services.asking import drop_tasks
from reviews.types import TaskStatus
from science.decide import decide
from science.decision_terms import Route
from science.draws import Draws, draw
from science.outcomes import Outcome
from science.serving import SourceAnswer


@dataclass(frozen=True, slots=True)
class Again:
    """A waiting task and what the rule says of its case now."""

    task: Task
    case: Case
    item: Checked
    outcome: Outcome
    proba: list[float] | None
    uniform: float
    arm: int | None

    @property
    def is_auto(self) -> bool:
        """Whether the model decides it now."""
        return self.outcome.route is Route.AUTO

    @property
    def epoch(self) -> int:
        """The epoch that begins with it."""
        return self.task.epoch + 1


def look(current: WorkflowInForce, tasks: Sequence[Task], now: datetime) -> list[Again]:
    """Score and decide by the champion, each case by the draws of its next epoch; nothing is written yet."""
    if not tasks:
        return []
    said = said_of([task.case_id for task in tasks], current.workflow_id)
    items = [_item(place, task.case, said.get(task.case_id)) for place, task in enumerate(tasks)]
    proba, unusable = score(current.champion, current, items)
    draws = _draws([(task.case_id, task.epoch + 1) for task in tasks])
    champion = current.champion
    outcomes = decide(
        champion.rule,
        proba,
        unusable=unusable,
        draws=draws,
        now=now.timestamp(),
        is_partial=champion.is_partial,
    )
    arms = _arms([task.case_id for task in tasks])
    again = []
    for i, (task, outcome) in enumerate(zip(tasks, outcomes.rows(), strict=True)):
        uniform = draws.u_audit[i] if outcome.route is Route.AUTO else draws.u_blind[i]
        p = proba[i].tolist() if proba is not None and outcome.label is not None else None
        again.append(Again(task, task.case, items[i], outcome, p, float(uniform), arms.get(task.case_id)))
    return again


def _arms(case_ids: Sequence[UUID]) -> dict[UUID, int | None]:
    """Return the arm of each case: it stays what it was when the case came in."""
    return dict(Decision.objects.filter(case_id__in=case_ids, sequence=0).values_list("case_id", "arm"))


def _item(place: int, case: Case, said: Mapping[str, SourceAnswer] | None) -> Checked:
    return Checked(
        index=place,
        case_id=case.pk,
        content=case.content,
        content_json="",
        content_sha256=bytes(case.content_sha256),
        reference=case.reference,
        heard=None if said is None else Heard(said, {}, None),
    )


def _draws(cases: Sequence[tuple[UUID, int]]) -> Draws:
    """Draw for each case in its own epoch."""
    drawn = [draw(derived_key("draws"), [case_id], epoch) for case_id, epoch in cases]
    return Draws(
        np.concatenate([one.u_audit for one in drawn]),
        np.concatenate([one.u_ramp for one in drawn]),
        np.concatenate([one.u_blind for one in drawn]),
    )


def unchanged(looked: Sequence[Again]) -> list[Again]:
    """Lock the cases, then their tasks; keep those that nobody has touched since they were read."""
    ids = [one.case.pk for one in looked]
    cases = Case.objects.filter(pk__in=ids, status=CaseStatus.WAITING).order_by("pk")
    epochs = dict(
        cases.select_for_update(of=("self",), no_key=True, skip_locked=True).values_list("pk", "epoch")
    )
    tasks = Task.objects.filter(
        pk__in=[one.task.pk for one in looked if epochs.get(one.case.pk) == one.task.epoch],
        status=TaskStatus.WAITING,
        leased_at=None,
    )
    free = set(
        tasks.order_by("pk")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .values_list("pk", flat=True)
    )
    return [one for one in looked if one.task.pk in free]


def releases_of(again: Sequence[Again]) -> dict[UUID, UUID | None]:
    """Return by case which release scored it last."""
    routed = Decision.objects.filter(case_id__in=[one.case.pk for one in again], sequence=0)
    return dict(routed.order_by("epoch").values_list("case_id", "release_id"))


def route(current: WorkflowInForce, changed: Sequence[Again], now: datetime) -> None:
    """Give the locked cases their next epoch, with its routing, and decide those that are automatic."""
    if not changed:
        return
    ids = [one.case.pk for one in changed]
    Case.objects.filter(pk__in=ids).update(epoch=F("epoch") + 1)
    copy_rows("policy_decision", DECISION_COLUMNS, (_decision(current, one, now) for one in changed))
    automatic = [one for one in changed if one.is_auto]
    answers = {one.case.pk: one.outcome.label for one in automatic}
    if answers:
        move_cases(answers, to=CaseStatus.DECIDED, now=now)
    drop_tasks(
        Task.objects.filter(pk__in=[one.task.pk for one in automatic if not one.outcome.audited]), now=now
    )
    _ask([_task(current, one) for one in changed if not one.is_auto or one.outcome.audited])
    emit(_news(current, one, now) for one in automatic)


def _decision(current: WorkflowInForce, one: Again, now: datetime) -> Row:
    return decision_row(
        one.item,
        one.outcome,
        current,
        current.champion,
        arm=one.arm,
        proba=one.proba,
        uniform=one.uniform,
        now=now,
        epoch=one.epoch,
        arrived_at=one.case.received_at,
    )


# What changes in a task: it stays as old, as urgent and in the place of the queue that its mode gives it.
_CHANGED = (
    "epoch",
    "purpose",
    "reasons",
    "mode",
    "inclusion_probability",
    "suggestion",
    "confidence",
    "runner_up",
    "release_id",
    "head_start",
)


def _task(current: WorkflowInForce, one: Again) -> Task:
    second = runner_up(current.champion, one.proba, one.outcome.predicted)
    row = task_row(
        one.task.pk,
        one.item,
        one.outcome,
        current,
        current.champion,
        runner_up=second,
        now=one.task.created_at,
        epoch=one.epoch,
    )
    for name in _CHANGED:
        setattr(one.task, name, row[name])
    return one.task


def _ask(tasks: Sequence[Task]) -> None:
    if tasks:
        Task.objects.bulk_update(tasks, [name.removesuffix("_id") for name in _CHANGED])


def _news(current: WorkflowInForce, one: Again, now: datetime) -> News:
    thin = {
        "id": str(one.case.pk),
        "workflow": current.slug,
        "reference": one.case.reference,
        "status": CaseStatus.DECIDED.value,
        "answer": one.outcome.label,
    }
    return News("case.decided", one.case.pk, current.workflow_id, now, thin)
