"""Middle steps of intake: score the cases, apply the rule, prepare the rows that record both.

Each case falls to an arm, and the arm to a release: the champion, or a canary beside it. The release that
scores a case decides it, under its own cutoffs.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from hitl.flow.intake import patience
from hitl.flow.intake.in_force import Decider, WorkflowInForce
from hitl.flow.intake.rows import FIRST_EPOCH, case_row, decision_row, task_row
from hitl.flow.intake.scores import awaited
from hitl.flow.intake.types import Checked, Decided, Intake, Routed
from hitl.shared.canonical import derived_key
from hitl.shared.ids import new_id
from hitl.shared.tracing import span
from models_store.rows import rows_for
from models_store.scoring import score_around_failures, score_contents
from science.arms import arm_of
from science.decide import decide
from science.decision_terms import OF_SOURCES, Reason, Route
from science.draws import draw

log = logging.getLogger(__name__)


def decide_cases(current: WorkflowInForce, checked: Sequence[Checked], intake: Intake) -> list[Decided]:
    """Return the cases with their outcomes and rows, in order; nothing is written yet.

    A case whose model elsewhere has to be asked first has no outcome: it is routed when the score is there.
    """
    if not checked:
        return []
    arms = arms_of(current, checked)
    routed = _routed(current, checked, arms, is_scored=intake.is_scored, may_wait=True, now=intake.now)
    decided = []
    for item, one in zip(checked, routed, strict=True):
        said = item.heard.rows(item.case_id, intake.now) if item.heard is not None else []
        said += [awaited(source, item.case_id, intake.now) for source in current.remote]
        case = case_row(item, one.outcome if one else None, current, intake)
        decided.append(Decided(item, case, said, one))
    return decided


def route_scored(
    current: WorkflowInForce, checked: Sequence[Checked], now: datetime, *, arrived: Sequence[datetime]
) -> list[Routed]:
    """Return the routings of cases that waited for a score, in order; `arrived` is when each came in."""
    arms = arms_of(current, checked)
    routed = _routed(current, checked, arms, is_scored=True, may_wait=False, now=now, arrived=arrived)
    return [one for one in routed if one is not None]


def _routed(
    current: WorkflowInForce,
    checked: Sequence[Checked],
    arms: Sequence[int | None],
    *,
    is_scored: bool,
    may_wait: bool,
    now: datetime,
    arrived: Sequence[datetime] | None = None,
) -> list[Routed | None]:
    """Let each case's release decide it; in order, None for those that wait for a score."""
    if not checked:
        return []
    arrived = arrived or [now] * len(checked)
    how: dict[str, Any] = {"is_scored": is_scored, "may_wait": may_wait, "now": now}
    if current.canary is None:
        return _routed_by(current.champion, current, checked, arms, arrived, **how)
    deciders = [current.decider_of(arm) for arm in arms]
    found: dict[int, Routed | None] = {}
    for decider in (current.champion, current.canary.decider):
        places = [place for place, of in enumerate(deciders) if of is decider]
        if places:
            own = [[many[place] for place in places] for many in (checked, arms, arrived)]
            routed = _routed_by(decider, current, *own, **how)  # type: ignore[arg-type]  # three lists of three kinds
            found |= dict(zip(places, routed, strict=True))
    return [found[place] for place in range(len(checked))]


def arms_of(current: WorkflowInForce, checked: Sequence[Checked]) -> list[int | None]:
    """Return the arm of each case: cases of one entity share theirs.

    Where the workflow names an entity's field and a case has none, nobody can say where it belongs: it has no
    arm, and the champion decides.
    """
    secret = derived_key("draws")
    return [
        arm_of(secret, current.workflow_id, item.entity.encode())
        if item.entity is not None
        else None
        if current.entity_field
        else arm_of(secret, current.workflow_id, item.case_id.bytes)
        for item in checked
    ]


def _routed_by(
    decider: Decider,
    current: WorkflowInForce,
    checked: Sequence[Checked],
    arms: Sequence[int | None],
    arrived: Sequence[datetime],
    *,
    is_scored: bool,
    may_wait: bool,
    now: datetime,
) -> list[Routed | None]:
    proba, unusable = score(decider, current, checked) if is_scored else (None, None)
    waits = _waiting(decider, current, unusable or []) if may_wait else set()
    places = [place for place in range(len(checked)) if place not in waits]
    if not places:
        return [None] * len(checked)
    if waits and proba is not None and unusable is not None:
        proba, unusable = proba[places], [unusable[place] for place in places]
    draws = draw(derived_key("draws"), [checked[place].case_id for place in places], FIRST_EPOCH)
    outcomes = decide(
        decider.rule,
        proba,
        unusable=unusable,
        draws=draws,
        now=now.timestamp(),
        is_partial=decider.is_partial,
    )
    probabilities: list[list[float]] | None = None if proba is None else proba.tolist()
    routed: list[Routed | None] = [None] * len(checked)
    for i, (place, outcome) in enumerate(zip(places, outcomes.rows(), strict=True)):
        item, is_auto = checked[place], outcome.route is Route.AUTO
        p = probabilities[i] if probabilities is not None and outcome.label is not None else None
        uniform = float(draws.u_audit[i] if is_auto else draws.u_blind[i])
        task = None
        if not is_auto or outcome.audited:
            second = runner_up(decider, p, outcome.predicted)
            task = task_row(new_id(), item, outcome, current, decider, runner_up=second, now=now)
        row = decision_row(
            item,
            outcome,
            current,
            decider,
            arm=arms[place],
            proba=p,
            uniform=uniform,
            now=now,
            arrived_at=arrived[place],
        )
        routed[place] = Routed(item, decider, outcome, row, task)
    return routed


def _waiting(decider: Decider, current: WorkflowInForce, unusable: Sequence[Reason | None]) -> set[int]:
    """Return the places of the cases that lack nothing but the score of a source that workers ask."""
    if not any(source.sha256 == decider.awaits for source in current.remote):
        return set()
    return {place for place, why in enumerate(unusable) if why in OF_SOURCES}


def score(
    decider: Decider, current: WorkflowInForce, checked: Sequence[Checked]
) -> tuple[np.ndarray | None, list[Reason | None] | None]:
    """Return probabilities of shape (n_cases, n_labels), and why some of them may not be used.

    One vectorised call. Whatever goes wrong in a model sends the cases it goes wrong with to people; none is
    refused or lost, and one that no model can bear does not hold up its batch. Nor does a model that takes
    too long hold up more than a few.
    """
    release_id = decider.release_id
    if decider.served is None or release_id is None or not patience.bears_with(release_id):
        return None, None
    contents = [item.seen for item in checked]
    try:
        with (
            span("scoring", release=str(release_id), cases=len(contents)),
            patience.timed(release_id, len(contents)),
        ):
            proba, unusable = score_contents(decider.served, contents, current.schema)
    except Exception:
        log.exception("scoring failed, the cases go to people", extra={"release": str(release_id)})
        if len(contents) == 1:
            return None, None
        proba, unusable = score_around_failures(decider.served, rows_for(contents, current.schema))
        if np.isnan(proba).all():
            return None, None
    return proba, unusable if any(unusable) else None


def runner_up(decider: Decider, proba: Sequence[float] | None, predicted: int | None) -> str | None:
    """Return the label that the model holds second likeliest; None where there is none."""
    if proba is None or predicted is None or len(proba) < 2:
        return None
    second = max((i for i in range(len(proba)) if i != predicted), key=proba.__getitem__)
    return decider.rule.labels[second]
