"""What the benchmarks of evidence share: models of one family, unsure cases, cost on the CPU."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from bench._sets import Sample, sets
from hitl.bench.rows import Row, from_runs, ratio
from science.calibration import fit_bcts
from science.explain import explain, verify
from science.fields import Schema
from science.pipelines.candidates import Candidate
from science.pipelines.fitting import fit
from science.pipelines.tablefit import typical_values
from science.pipelines.train import prepared
from science.serving import ServedModel, load_model, save_model

TURNS = 3
UNSURE = 40  # least sure cases, on which faithfulness is measured


@cache
def data_set(name: str, most: int) -> Sample:
    return sets()[name](most)


def served_model_of(candidate: Candidate, rows: Any, labels: Sequence[str], schema: Schema) -> ServedModel:
    data = prepared(rows, labels, schema, None)
    everything = np.arange(len(rows))
    fitted = fit(candidate, data, everything, 1)
    calibration = fit_bcts(fitted.outputs, data.y)
    background = np.random.default_rng(1).choice(everything, min(50, len(rows)), replace=False)
    typical = typical_values(rows, labels, schema, data.labels)
    return load_model(save_model(fitted.to_served_model(data, calibration, background, typical)))


def unsure_of(served: ServedModel, rows: Sequence[Any], n: int) -> list[Any]:
    proba = np.sort(served.predict_proba(rows), axis=1)
    return [rows[i] for i in np.argsort(proba[:, -1] - proba[:, -2], kind="stable")[:n]]


@dataclass(frozen=True, slots=True)
class Beside:
    """CPU ms of each case, ours and the floor's, a row a turn: a case and its floor one after the other."""

    ours: np.ndarray
    floor: np.ndarray


def beside(call: Callable[[Any], Any], floor: Callable[[Any], Any], cases: Sequence[Any]) -> Beside:
    """Measure what every case costs and what the least costs for the same case, in turns."""
    call(cases[0])
    floor(cases[0])
    turns = [[(_spent(floor, case), _spent(call, case)) for case in cases] for _ in range(TURNS)]
    found = np.array(turns)
    return Beside(found[:, :, 1], found[:, :, 0])


def _spent(call: Callable[[Any], Any], case: Any) -> float:
    start = time.process_time()
    call(case)
    return 1000 * (time.process_time() - start)


def cost_rows(name: str, took: Beside, what: str, p50: float | None, p95: float | None = None) -> list[Row]:
    """Return how many times the floor a quantile of the cases costs, with both in ms beside it."""
    rows = []
    for q, bar in ((0.5, p50), (0.95, p95)):
        if q == 0.5 or bar is not None:
            ours, floor = (np.quantile(ms, q, axis=1).tolist() for ms in (took.ours, took.floor))
            rows.append(ratio(f"{name}: p{100 * q:.0f}, over {what}", ours, floor, bar=bar))
            rows.append(from_runs(f"  {name}: p{100 * q:.0f}", "ms CPU", ours))
            rows.append(from_runs(f"  floor: {what}", "ms CPU", floor))
    return rows


def explained_is_shown(name: str, served: ServedModel, cases: Sequence[Any]) -> Row:
    """The label explained is the one shown, against the runner-up shown, with the probabilities shown."""
    same = 0
    for row, p in zip(cases, served.predict_proba(cases), strict=True):
        first, second = np.argsort(-p, kind="stable")[:2]
        found = explain(served, row)
        same += (found.target, found.contrast) == (served.labels[first], served.labels[second])
        verify(found, row)
    return Row(
        f"{name}: explained is what is shown", "%", 100 * same / len(cases), bar=100.0, more_is_better=True
    )
