"""What the benchmarks of evidence share: models of one family, unsure cases, cost on the CPU."""

import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from bench._sets import Sample, sets
from hitl.bench.rows import Row
from science.calibration import fit_bcts
from science.explain import explain, verify
from science.fields import Schema
from science.pipelines.candidates import Candidate
from science.pipelines.fitting import fit
from science.pipelines.tablefit import typical_values
from science.pipelines.train import prepared
from science.serving import ServedModel, load_model, save_model

UNSURE = 40  # least sure cases, on which faithfulness is measured


@cache
def data_set(name: str, most: int) -> Sample:
    return sets()[name](most)


def plan_of(candidate: Candidate, rows: Any, labels: Sequence[str], schema: Schema) -> ServedModel:
    data = prepared(rows, labels, schema, None)
    everything = np.arange(len(rows))
    fitted = fit(candidate, data, everything, 1)
    calibration = fit_bcts(fitted.outputs, data.y)
    background = np.random.default_rng(1).choice(everything, min(50, len(rows)), replace=False)
    typical = typical_values(rows, labels, schema, data.labels)
    return load_model(save_model(fitted.to_plan(data, calibration, background, typical)))


def unsure_of(plan: ServedModel, rows: Sequence[Any], n: int) -> list[Any]:
    proba = np.sort(plan.predict_proba(rows), axis=1)
    return [rows[i] for i in np.argsort(proba[:, -1] - proba[:, -2], kind="stable")[:n]]


def milliseconds(call: Callable[[Any], Any], cases: Sequence[Any]) -> np.ndarray:
    """CPU milliseconds of each case, the best of three: what else runs here only ever adds to it."""
    call(cases[0])
    return np.min([[_spent(call, case) for case in cases] for _ in range(3)], axis=0)


def _spent(call: Callable[[Any], Any], case: Any) -> float:
    start = time.process_time()
    call(case)
    return 1000 * (time.process_time() - start)


def cost_rows(name: str, ms: np.ndarray, p50: float, p95: float | None = None) -> list[Row]:
    rows = [Row(f"{name}: p50", "ms CPU", float(np.median(ms)), bar=p50)]
    if p95 is not None:
        rows.append(Row(f"{name}: p95", "ms CPU", float(np.quantile(ms, 0.95)), bar=p95))
    return rows


def explained_is_shown(name: str, plan: ServedModel, cases: Sequence[Any]) -> Row:
    """The label explained is the one shown, against the runner-up shown, with the probabilities shown."""
    same = 0
    for row, p in zip(cases, plan.predict_proba(cases), strict=True):
        first, second = np.argsort(-p, kind="stable")[:2]
        found = explain(plan, row)
        same += (found.target, found.contrast) == (plan.labels[first], plan.labels[second])
        verify(found, row)
    return Row(
        f"{name}: explained is what is shown", "%", 100 * same / len(cases), bar=100.0, more_is_better=True
    )
