"""The first labels: many labels, few examples each, beside TF-IDF with logistic regression on all labels.

What was tried out was tried out on requests to a bank; the sets here are requests in a house, with no word
for an action or a thing in common with those.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bench._drawn_texts import requests
from hitl.bench.rows import Row
from hitl.runtime.paths import data_directory
from science.aurc import aurc
from science.calibration import expected_calibration_error
from science.pipelines import train
from science.serving.vectors import WordVectors, load_table

WORLD = "requests in a house"
SIZES = ((20, 60), (20, 200), (77, 200), (150, 400), (150, 1500))  # labels, examples in all
SEEDS = {True: (1,), False: (1, 2, 3)}
JUDGED = 1000
BAR_ACCURACY, BAR_ECE = 1.05, 0.08


def first_labels(quick: bool) -> list[Row]:
    """Accuracy over the baseline's, AURC and calibration error, with and without word vectors."""
    table = _table()
    out: list[Row] = []
    if table is None:
        out.append(Row("first labels: word vectors", "", None, note="none: manage.py vectors"))
    for n_labels, n in SIZES[1:3] if quick else SIZES:
        out.append(Row(f"{WORLD}: {n_labels} labels, {n} examples", "", None))
        drawn = [requests(WORLD, n_labels, n + JUDGED, seed) for seed in SEEDS[quick]]
        plain = np.mean([_plain(one, n) for one in drawn], axis=0)
        out += _rows("TF-IDF + logistic regression", plain)
        ways: list[tuple[str, WordVectors | None]] = [("words alone", None)]
        ways += [("with word vectors", table)] if table is not None else []
        for name, vectors in ways:
            found = np.mean([_ours(one, n, vectors) for one in drawn], axis=0)
            out += _rows(name, found, over=plain)
    return out


def _rows(name: str, found: np.ndarray, *, over: np.ndarray | None = None) -> list[Row]:
    right, area, error, seconds = (float(one) for one in found)
    ours = over is not None
    rows = [
        Row(f"  {name}: right", "%", 100 * right),
        Row(f"  {name}: AURC", "x 1000", 1000 * area),
        Row(f"  {name}: calibration error", "", error, bar=BAR_ECE if ours else None),
        Row(f"  {name}: fit", "s CPU", seconds),
    ]
    if over is not None:
        ahead = right / float(over[0])
        rows.insert(1, Row(f"  {name}: right, over it", "x", ahead, bar=BAR_ACCURACY, more_is_better=True))
    return rows


def _judged(proba: np.ndarray, said: np.ndarray, truth: Sequence[str], seconds: float) -> list[float]:
    right, sure = said == np.array(truth, dtype=object), proba.max(axis=1)
    return [
        float(right.mean()), aurc(sure, ~right), expected_calibration_error(sure, right), seconds
    ]  # fmt: skip


def _plain(drawn: Any, n: int) -> list[float]:
    start = time.process_time()
    reader = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    texts = [row["text"] for row in drawn.rows]
    model = LogisticRegression(C=10, max_iter=500).fit(reader.fit_transform(texts[:n]), drawn.labels[:n])
    seconds = time.process_time() - start
    proba = model.predict_proba(reader.transform(texts[n:]))
    return _judged(proba, model.classes_[proba.argmax(axis=1)], drawn.labels[n:], seconds)


def _ours(drawn: Any, n: int, vectors: WordVectors | None) -> list[float]:
    start = time.process_time()
    served = train(drawn.rows[:n], drawn.labels[:n], drawn.schema, seed=1, vectors=vectors).served
    seconds = time.process_time() - start
    proba = served.predict_proba(drawn.rows[n:])
    said = np.array(served.labels, dtype=object)[proba.argmax(axis=1)]
    return _judged(proba, said, drawn.labels[n:], seconds)


def _table() -> WordVectors | None:
    path: Path = data_directory() / "word-vectors.bin"
    return load_table(path.read_bytes()) if path.exists() else None
