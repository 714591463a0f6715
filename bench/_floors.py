"""What the parts of intake cost by themselves in the same run: the least that could be paid for them."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import orjson
from django.db import connection
from sklearn.feature_extraction.text import TfidfVectorizer

from bench._cost import Cost, cost
from bench._mail import Mail
from bench._peer import fitted, words_of
from bench._wire import Wire
from hitl.bench.rows import Row, from_runs
from hitl.bench.stage import serving
from hitl.runtime import programs
from hitl.runtime.ports import LOOPBACK, free_port
from hitl.shared.ids import new_id
from models_store.serving import served_model
from science.serving import ServedModel
from science.serving.text import TextBlock
from science.serving.tokens import TOKEN_PATTERN

RUNS = 3
Content = dict[str, str]


def measure(mail: Mail, bodies: Sequence[bytes]) -> list[Row]:
    """Return the floors for some request bodies."""
    contents = [orjson.loads(body)["content"] for body in bodies]
    return [
        _row("msgspec decodes one case", lambda: [msgspec.json.decode(body) for body in bodies], len(bodies)),
        *_scoring(mail, contents),
        *_insert(bodies),
    ]


def _row(name: str, call: Callable[[], object], units: int) -> Row:
    call()
    return from_runs(f"floor: {name}", "ms CPU", [_cpu(call) / units for _ in range(RUNS)])


def _cpu(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return (time.process_time() - start) * 1000


@contextmanager
def bare_server(bodies: Sequence[bytes]) -> Iterator[Callable[[], Cost]]:
    """Run Granian and Django with a view without middleware that answers with a constant.

    What is yielded posts the bodies once and returns what one of them cost. The server runs beside what is
    measured, so that both meet the same moments of a machine that does other things as well.
    """
    port = free_port()
    program = programs.web(Path(os.environ["HITL_DATA_DIR"]), port=port)
    program = replace(program, name="bare", command=[*program.command[:-1], "bench._bare:application"])
    with serving(program, port, "/") as pid:
        _send(port, bodies)
        yield lambda: cost(lambda: _send(port, bodies), 1, units=len(bodies), app=pid)


def _send(port: int, bodies: Sequence[bytes]) -> None:
    """Post each over one connection, a new one every time: the server closes what lies idle."""
    wire = Wire(LOOPBACK, port)
    for body in bodies:
        wire.send(wire.prepare("POST", "/", body, {"Content-Type": "application/json"}))
    wire.close()


def _scoring(mail: Mail, contents: Sequence[Content]) -> list[Row]:
    n = len(contents)
    plan, same, words = served_model(mail.release.id), _same_features(served_model(mail.release.id)), fitted()
    texts = [words_of(content) for content in contents]
    return [
        _row("our scorer, one case", lambda: [plan.predict_proba([c]) for c in contents], n),
        _row("our scorer, in a batch, per case", lambda: plan.predict_proba(contents), n),
        _row("scikit-learn with the same features, in a batch", lambda: same(contents), n),
        _row("scikit-learn with words only, one case", lambda: [words.predict_proba([t]) for t in texts], n),
        _row("scikit-learn with words only, in a batch", lambda: words.predict_proba(texts), n),
    ]


def _same_features(plan: ServedModel) -> Callable[[Sequence[Content]], object]:
    """Return the linear part of the model as scikit-learn computes it."""
    parts = [part for block in plan.texts for part in _vectorizers(block)]

    def outputs(contents: Sequence[Content]) -> object:
        return sum(
            vectorizer.transform([content[name] for content in contents]) @ weights
            for name, vectorizer, weights in parts
        )

    return outputs


def _vectorizers(block: TextBlock) -> list[tuple[str, TfidfVectorizer, np.ndarray]]:
    first = block.n_words
    kinds: list[tuple[list[str], slice, dict[str, Any]]] = [
        (block.words, slice(None, first), {"ngram_range": (1, 2), "token_pattern": TOKEN_PATTERN}),
        (block.grams, slice(first, None), {"ngram_range": block.gram_range, "analyzer": "char_wb"}),
    ]
    found = []
    for names, where, options in kinds:
        if names:
            vectorizer = TfidfVectorizer(sublinear_tf=True, vocabulary=names, **options)
            vectorizer.idf_ = block.idf[where]
            found.append((block.name, vectorizer, block.weights[where]))
    return found


def _insert(bodies: Sequence[bytes]) -> list[Row]:
    """One prepared INSERT of a key and a document, committed, without constraints."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_floor (id uuid PRIMARY KEY, content jsonb)")
        cursor.execute("PREPARE bench_floor (uuid, jsonb) AS INSERT INTO bench_floor VALUES ($1, $2)")

        def insert() -> None:
            for body in bodies:
                cursor.execute("EXECUTE bench_floor (%s, %s)", [new_id(), body.decode()])

        runs: list[Cost] = [cost(insert, 1, units=len(bodies)) for _ in range(RUNS)]
        cursor.execute("DROP TABLE bench_floor")
    return [from_runs("floor: one INSERT, application + PostgreSQL", "ms CPU", [run.cpu for run in runs])]
