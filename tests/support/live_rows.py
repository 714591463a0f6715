"""A workflow that has been deciding for a while: many decisions, and what people said of those drawn."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from cases.models import Case, Label, Workflow
from hitl.shared.ids import new_id
from models_store.models import Evaluation, Release
from policy.models import Decision
from reviews.models import Task
from tests.support.factories import NOW
from tests.support.inserting import insert


def evaluated(release: Release, n: int = 1500, *, error: float = 0.02, seed: int = 1) -> None:
    """Let the release have been judged out of fold on imported labels: the surer, the seldomer wrong."""
    rng = np.random.default_rng(seed)
    scores = 0.5 + rng.beta(4, 1, n) / 2
    predicted = rng.integers(0, 2, n)
    wrong = rng.random(n) < error * (1 - scores)
    cases = cases_of(release.workflow, n, at=NOW)
    labels = insert(
        Label(
            case=case,
            workflow=release.workflow,
            schema_version=1,
            label="ham",
            purpose="import",
            is_blind=False,
            at=NOW,
        )
        for case in cases
    )
    Evaluation.objects.create(
        release=release,
        groups=list(range(n)),
        label_ids=[label.id for label in labels],
        truth=np.where(wrong, 1 - predicted, predicted).tolist(),
        predicted=predicted.tolist(),
        scores=scores.tolist(),
        is_blind=[False] * n,
        purpose=["import"] * n,
    )


def cases_of(workflow: Workflow, n: int, *, at: datetime) -> list[Case]:
    """Return as many decided cases."""
    return insert(
        Case(
            workflow=workflow,
            schema_version=1,
            content={"body": str(i)},
            content_sha256=new_id().bytes * 2,
            status="decided",
            answer="ham",
            received_at=at,
            changed_at=at,
        )
        for i in range(n)
    )


def decided(
    release: Release,
    n: int,
    *,
    at: datetime,
    wrong: int = 0,
    score: float = 0.96,
    inclusion_probability: float = 1.0,
    reason: str = "above_cutoff",
    drawn: bool = True,
    answered: bool = True,
    due_at: datetime | None = None,
    every: timedelta = timedelta(seconds=1),
    arm: int | None = None,
) -> list[Decision]:
    """Let the model decide n cases, one a second from `at` on; return the routings.

    The first `wrong` of them are wrong. Where drawn, people have answered blind at once, or were asked and
    have not (`answered=False`).
    """
    cases = cases_of(release.workflow, n, at=at)
    is_auto = reason == "above_cutoff"
    route = "auto" if is_auto else "breaker_review" if reason == "breaker" else "review"
    cutoffs = release.cutoff_sets.filter(in_force_until=None).first()
    decisions = insert(
        Decision(
            case=case,
            epoch=1,
            sequence=0,
            workflow=release.workflow,
            route=route,
            reason=reason,
            label="ham" if is_auto else None,
            predicted="ham",
            score=score,
            confidence=score,
            cutoff=0.9,
            release=release,
            cutoff_set=cutoffs,
            arm=arm,
            inclusion_probability=inclusion_probability,
            reference_rate=inclusion_probability,
            uniform=inclusion_probability / 2 if drawn else (1 + inclusion_probability) / 2,
            is_audited=is_auto and drawn,
            is_blind=drawn,
            policy_version=1,
            actor_kind="system",
            actor_id="rule",
            actor_name="rule",
            arrived_at=at,
            decided_at=at + i * every,
        )
        for i, case in enumerate(cases)
    )
    if drawn:
        _ask(release, decisions, wrong, answered=answered, due_at=due_at)
    return decisions


def _ask(
    release: Release, decisions: list[Decision], wrong: int, *, answered: bool, due_at: datetime | None
) -> None:
    insert(
        Task(
            case_id=one.case_id,
            workflow=release.workflow,
            schema_version=1,
            status="done" if answered else "waiting",
            purpose="audit" if one.is_audited else "review",
            reasons=["audit"],
            mode="blind",
            inclusion_probability=one.inclusion_probability,
            created_at=one.decided_at,
            due_at=due_at or one.decided_at + timedelta(days=1),
            closed_at=one.decided_at if answered else None,
        )
        for one in decisions
    )
    if answered:
        insert(
            answer(one, "spam" if i < wrong else "ham", at=one.decided_at) for i, one in enumerate(decisions)
        )


def answer(decision: Decision, label: str, *, at: datetime, **fields: Any) -> Label:
    """Return, unsaved, the blind label of a decision's case."""
    values = {"is_blind": True, "purpose": "audit" if decision.is_audited else "review"} | fields
    return Label(
        id=new_id(),
        case_id=decision.case_id,
        workflow_id=decision.workflow_id,
        schema_version=1,
        label=label,
        inclusion_probability=decision.inclusion_probability,
        at=at,
        **values,
    )
