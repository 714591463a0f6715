"""Middle steps of intake: score the cases, apply the rule, lay out the rows that record both."""

import logging
from collections.abc import Sequence

import numpy as np

from hitl.flow.rows import case_row, decision_row, task_row
from hitl.flow.snapshot import Snapshot
from hitl.flow.types import Checked, Decided, Intake
from hitl.shared.canonical import derived_key
from hitl.shared.ids import new_id
from models_store.rows import rows_for
from science.decide import Route, decide
from science.draws import draw

log = logging.getLogger(__name__)

FIRST_EPOCH = 1


def decide_cases(snap: Snapshot, checked: Sequence[Checked], intake: Intake) -> list[Decided]:
    """Return the cases with their outcomes and rows, in order; nothing is written yet."""
    if not checked:
        return []
    proba, unfit = score(snap, checked)
    draws = draw(derived_key("draws"), [item.case_id for item in checked], FIRST_EPOCH)
    outcomes = decide(snap.rule, proba, unfit=unfit, draws=draws, now=intake.now.timestamp())
    probabilities: list[list[float]] | None = None if proba is None else proba.tolist()
    decided = []
    for i, (item, outcome) in enumerate(zip(checked, outcomes.rows(), strict=True)):
        is_auto = outcome.route is Route.AUTO
        p = probabilities[i] if probabilities is not None and outcome.label is not None else None
        u = float(draws.u_audit[i] if is_auto else draws.u_blind[i])
        task = None
        if not is_auto or outcome.audited:
            second = _runner_up(snap, p, outcome.predicted)
            task = task_row(new_id(), item, outcome, snap, runner_up=second, now=intake.now)
        row = decision_row(item, outcome, snap, proba=p, u=u, now=intake.now)
        decided.append(Decided(item, outcome, case_row(item, outcome, snap, intake), row, task))
    return decided


def score(snap: Snapshot, checked: Sequence[Checked]) -> tuple[np.ndarray | None, list[bool] | None]:
    """Return probabilities of shape (n_cases, n_labels), and which cases the model cannot read.

    One vectorised call. Whatever goes wrong in a model sends its cases to people; none is refused or lost.
    """
    if snap.plan is None:
        return None, None
    try:
        rows = rows_for([item.content for item in checked], snap.schema)
        misfits = snap.plan.fits(rows)
        proba = snap.plan.predict_proba(rows)
    except Exception:
        log.exception("scoring failed, its cases go to people", extra={"release": str(snap.release_id)})
        return None, None
    return proba, [misfit is not None for misfit in misfits] if any(misfits) else None


def _runner_up(snap: Snapshot, proba: Sequence[float] | None, predicted: int | None) -> str | None:
    if proba is None or predicted is None or len(proba) < 2:
        return None
    second = max((i for i in range(len(proba)) if i != predicted), key=proba.__getitem__)
    return snap.rule.labels[second]
