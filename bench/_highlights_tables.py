"""Evidence in tables: cost, sums, what is lost without it, and agreement with Shapley values."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench._evidence import (
    UNSURE,
    beside,
    cost_rows,
    data_set,
    explained_is_shown,
    served_model_of,
    unsure_of,
)
from bench._evidence_floors import DEFAULTS, table_floor
from bench._oracles import oracle
from hitl.bench.rows import Row, absent
from science.explain import explain
from science.explain.explain import evidence_in
from science.explain.swap import field_scores
from science.pipelines.candidates import PAIRWISE, SMALL_TREES, TABLE
from science.serving import ServedModel

TABLE_BAR = 6.3  # times the floor: 15 ms (bench/README.md)


def tables(n: int) -> list[Row]:
    sample = data_set("credit_data_catalan", 4500)
    rows, labels = sample.rows, sample.labels
    floor = table_floor(rows[:3000], labels[:3000], sample.schema)
    out = []
    for name, candidate in (("logistic", TABLE[0]), ("pairwise trees", PAIRWISE)):
        served = served_model_of(candidate, rows[:3000], labels[:3000], sample.schema)
        cases = rows[3000 : 3000 + n]
        took = beside(lambda row, p=served: explain(p, row), floor, cases)  # type: ignore[misc]
        out += cost_rows(f"table, {name}: explain", took, DEFAULTS, TABLE_BAR)
        gaps = [evidence_in(served, row).method["gap"] for row in cases]
        out.append(Row(f"table, {name}: gap of the sum", "log-odds", max(gaps), bar=1e-6))
        out.append(explained_is_shown(f"table, {name}", served, cases))
        out.append(_loss_of_fields(f"table, {name}", served, unsure_of(served, rows[3000:], UNSURE)))
        if candidate is PAIRWISE:
            out += _against_shapley(served, cases[:40])
    served = served_model_of(SMALL_TREES, rows[:3000], labels[:3000], sample.schema)
    gappy = [row for row in rows[3000:] if None in row.values()]
    out.append(_loss_of_fields("table, native categories and gaps", served, unsure_of(served, gappy, UNSURE)))
    return out


def _against_shapley(served: ServedModel, cases: Sequence[Any]) -> list[Row]:
    """Beside interventional Shapley values: by the definition over orders, and SHAP's permutations."""
    names = [column.name for column in served.table.columns]
    direction = np.array([1.0])
    correlation, overlap = [], []
    for row in cases:
        raw = served.raw([row])[0]
        ours, _ = field_scores(served, raw, names, direction)
        theirs = _shapley_by_orders(served, raw, names, np.random.default_rng(0))
        correlation.append(np.corrcoef(ours, theirs)[0, 1])
        top = [set(np.argsort(-np.abs(scores))[:3].tolist()) for scores in (ours, theirs)]
        overlap.append(len(top[0] & top[1]) / 3)
    out = [
        Row("  correlation with sampled Shapley values", "", float(np.mean(correlation)), bar=0.97,
            more_is_better=True),
        Row("  their three largest shared", "", float(np.mean(overlap)), bar=0.85, more_is_better=True),
    ]  # fmt: skip
    with oracle(served) as asked:
        if asked is None:
            return [*out, absent("  peer: SHAP (permutations)")]
        found, ms = asked.each("shap_table", cases[:10])
    first = [field_scores(served, served.raw([row])[0], names, direction)[0] for row in cases[:10]]
    alike = float(
        np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(first, _by_field(served, found), strict=True)])
    )
    return [
        *out,
        Row("  correlation with SHAP's permutations", "", alike),
        Row("  peer: SHAP (permutations)", "ms CPU", float(np.median(ms))),
    ]


def _by_field(served: ServedModel, found: Sequence[Sequence[float]]) -> list[np.ndarray]:
    """SHAP's values of raw columns, summed over the columns of each field."""
    groups = np.array(served.raw_groups)
    return [
        np.array([np.asarray(values)[groups == column.name].sum() for column in served.table.columns])
        for values in found
    ]


def _shapley_by_orders(
    served: ServedModel, raw: np.ndarray, names: list[str], rng: np.random.Generator
) -> np.ndarray:
    """Castro et al. (2009): mean marginal contribution over random orders, each with its reverse."""
    groups = np.array(served.raw_groups)
    columns = [np.flatnonzero(groups == name) for name in names]
    total = np.zeros(len(names))
    n_orders = 20
    for _ in range(n_orders):
        order = rng.permutation(len(names))
        for way in (order, order[::-1]):
            mixed = served.background.copy()
            states = [mixed.copy()]
            for i in way:
                mixed[:, columns[i]] = raw[columns[i]]
                states.append(mixed.copy())
            outputs = served.outputs_of(np.concatenate(states))[:, 0].reshape(len(states), -1).mean(axis=1)
            total[way] += np.diff(outputs)
    return total / (2 * n_orders)


def _loss_of_fields(name: str, served: ServedModel, cases: Sequence[Any]) -> Row:
    """Fields set to those of background rows: log-odds lost by the strongest three, over a random three."""
    rng = np.random.default_rng(0)
    groups = np.array(served.raw_groups)
    ours: list[float] = []
    chance: list[float] = []
    for row in cases:
        found = evidence_in(served, row)
        ranked = [u.where["path"] for u in sorted(found.units, key=lambda u: -u.score) if u.score > 0][:3]
        if not ranked:
            continue
        sign = 1.0 if found.target == served.labels[1] else -1.0
        paths = [unit.where["path"] for unit in found.units]
        draws = [(rng.choice(paths, len(ranked), False).tolist(), chance) for _ in range(5)]
        for names, into in [(ranked, ours), *draws]:
            variants = np.tile(served.raw([row]), (len(served.background), 1))
            own = np.isin(groups, names)
            variants[:, own] = served.background[:, own]
            into.append(found.margin - sign * float(served.outputs_of(variants)[:, 0].mean()))
    ratio = float(np.mean(ours) / abs(np.mean(chance)))
    return Row(f"{name}: loss when taken away, over random", "x", ratio, bar=3.0, more_is_better=True)
