"""Middle steps of intake: score the cases, apply the rule, prepare the rows that record both."""

import logging
from collections.abc import Sequence

import numpy as np

from hitl.flow.intake import patience
from hitl.flow.intake.in_force import WorkflowInForce
from hitl.flow.intake.rows import FIRST_EPOCH, case_row, decision_row, task_row
from hitl.flow.intake.types import Checked, Decided, Intake
from hitl.shared.canonical import derived_key
from hitl.shared.ids import new_id
from models_store.rows import rows_for
from models_store.scoring import score_around_failures, score_contents
from science.decide import decide
from science.decision_terms import Route
from science.draws import draw

log = logging.getLogger(__name__)


def decide_cases(current: WorkflowInForce, checked: Sequence[Checked], intake: Intake) -> list[Decided]:
    """Return the cases with their outcomes and rows, in order; nothing is written yet."""
    if not checked:
        return []
    proba, unfit = score(current, checked) if intake.is_scored else (None, None)
    draws = draw(derived_key("draws"), [item.case_id for item in checked], FIRST_EPOCH)
    outcomes = decide(current.rule, proba, unfit=unfit, draws=draws, now=intake.now.timestamp())
    probabilities: list[list[float]] | None = None if proba is None else proba.tolist()
    decided = []
    for i, (item, outcome) in enumerate(zip(checked, outcomes.rows(), strict=True)):
        is_auto = outcome.route is Route.AUTO
        p = probabilities[i] if probabilities is not None and outcome.label is not None else None
        uniform = float(draws.u_audit[i] if is_auto else draws.u_blind[i])
        task = None
        if not is_auto or outcome.audited:
            second = runner_up(current, p, outcome.predicted)
            task = task_row(new_id(), item, outcome, current, runner_up=second, now=intake.now)
        row = decision_row(item, outcome, current, proba=p, uniform=uniform, now=intake.now)
        decided.append(Decided(item, outcome, case_row(item, outcome, current, intake), row, task))
    return decided


def score(
    current: WorkflowInForce, checked: Sequence[Checked]
) -> tuple[np.ndarray | None, list[bool] | None]:
    """Return probabilities of shape (n_cases, n_labels), and which cases the model cannot read.

    One vectorised call. Whatever goes wrong in a model sends the cases it goes wrong with to people; none is
    refused or lost, and one that no model can bear does not hold up its batch. Nor does a model that takes
    too long hold up more than a few.
    """
    if current.served is None or current.release_id is None or not patience.bears_with(current.release_id):
        return None, None
    contents = [item.content for item in checked]
    try:
        with patience.timed(current.release_id, len(contents)):
            proba, unfit = score_contents(current.served, contents, current.schema)
    except Exception:
        log.exception("scoring failed, the cases go to people", extra={"release": str(current.release_id)})
        if len(contents) == 1:
            return None, None
        proba, unfit = score_around_failures(current.served, rows_for(contents, current.schema))
        if np.isnan(proba).all():
            return None, None
    return proba, unfit if any(unfit) else None


def runner_up(current: WorkflowInForce, proba: Sequence[float] | None, predicted: int | None) -> str | None:
    """Return the label that the model holds second likeliest; None where there is none."""
    if proba is None or predicted is None or len(proba) < 2:
        return None
    second = max((i for i in range(len(proba)) if i != predicted), key=proba.__getitem__)
    return current.rule.labels[second]
