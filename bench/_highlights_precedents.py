"""Labelled cases like a new one: cost among many, and whether they share its label oftener than by cosine."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from bench._evidence import beside, cost_rows, data_set, served_model_of, unsure_of
from bench._evidence_floors import vector_floor
from bench._sets import Sample, sets
from hitl.bench.rows import Row
from science.explain import index_precedents
from science.explain.precedents import Precedents
from science.pipelines.candidates import TEXT
from science.serving import ServedModel

SHORT = 4_000  # characters
BARRED = 100_000  # cases from which the bar holds: among fewer, numpy's product is next to nothing
COST_BAR = 14.0  # times the floor: 10 ms (bench/README.md)
TEXTS = ("spamassassin", "sms_spam", "sentiment_sentences")


def precedents(n_cases: int, most: int) -> list[Row]:
    """The sets of one text that are here: the fifth of new cases that the model is least sure of."""
    cost: list[Row] = []
    found: list[Row] = []
    shares = []
    for name in (name for name in TEXTS if name in sets()):
        sample = data_set(name, most)
        served, index, new, truth = _indexed(sample)
        if not cost:
            large = _times(index, -(-n_cases // len(index)))
            nearest = partial(large.nearest, served, limit=5)
            took = beside(nearest, vector_floor(len(large)), new[:50])
            what = "numpy's product of as many vectors of 64"
            cost = cost_rows(
                f"precedents among {len(large):,}", took, what, COST_BAR if len(large) >= BARRED else None
            )
        shares.append(_of_the_same_label(sample, served, index, new, truth))
        words = f"the {len(new)} least sure cases; plain cosine of TF-IDF: {shares[-1][1]:.1f} %"
        found.append(Row(f"  {name}", "%", shares[-1][0], note=words))
    ours, plain = np.mean(shares, axis=0).tolist()
    name = "precedents: of the same label among 5, mean over sets"
    return [*cost, Row(name, "%", ours, bar=plain, more_is_better=True), *found]


def _indexed(sample: Sample) -> tuple[ServedModel, Precedents, list[Any], list[str]]:
    """A model and an index of half of a set, and unsure cases of the other half with their labels."""
    rows = _read(sample)
    half = len(rows) // 2
    served = served_model_of(TEXT[2], rows[:half], sample.labels[:half], sample.schema)
    index = index_precedents(served, rows[:half], sample.labels[:half], [bytes(16)] * half)
    label_of = {id(row): label for row, label in zip(rows, sample.labels, strict=True)}
    new = unsure_of(served, rows[half:], half // 5)
    return served, index, new, [label_of[id(row)] for row in new]


def _read(sample: Sample) -> list[dict[str, Any]]:
    return [{key: text[:SHORT] for key, text in row.items()} for row in sample.rows]


def _of_the_same_label(
    sample: Sample, served: ServedModel, index: Precedents, new: list[Any], truth: list[str]
) -> tuple[float, float]:
    """Percent of five neighbours with the case's own label: ours, and by plain cosine."""
    near = [[label for _, label, _ in index.nearest(served, row, limit=5)] for row in new]
    ours = np.mean([label == own for found, own in zip(near, truth, strict=True) for label in found])
    known = _read(sample)[: len(sample.rows) // 2]
    return 100 * float(ours), 100 * _plain_cosine(served, known, sample.labels, new, truth)


def _plain_cosine(
    served: ServedModel,
    rows: Sequence[Any],
    labels: Sequence[str],
    cases: Sequence[Any],
    truth: Sequence[str],
) -> float:
    likeness = np.asarray((_matrix(served, cases) @ _matrix(served, rows).T).todense())
    near = np.argsort(-likeness, axis=1, kind="stable")[:, :5]
    known = np.array(labels[: len(rows)], dtype=object)
    return float(np.mean(known[near] == np.array(truth, dtype=object)[:, None]))


def _matrix(served: ServedModel, some: Sequence[Any]) -> sparse.csr_matrix:
    """TF-IDF features of rows, all fields side by side."""
    parts = []
    for block in served.texts:
        group, ids, values = block.features([row[block.name] for row in some])
        parts.append(sparse.csr_matrix((values, (group >> 1, ids)), shape=(len(some), len(block.idf))))
    return sparse.hstack(parts, format="csr")


def _times(index: Precedents, times: int) -> Precedents:
    """The index as if every case had so many copies."""
    n = len(index)
    size = np.diff(index.start)
    order = np.argsort(np.tile(np.repeat(np.arange(len(size)), size), times), kind="stable")
    rows = np.concatenate([index.rows + i * n for i in range(times)]).astype(np.int32)[order]
    return Precedents(
        index.labels, np.tile(index.keys, (times, 1)), np.tile(index.label, times), index.start * times, rows,
        np.tile(index.values, times)[order], np.tile(index.dense, (times, 1)), index.weight,
    )  # fmt: skip
