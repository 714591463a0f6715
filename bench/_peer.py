"""The peer: what most would write first. FastAPI, pydantic, scikit-learn's pipeline; it stores nothing."""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from bench._cost import cost
from bench._wire import Wire
from hitl.bench.processes import pss_megabytes
from hitl.bench.rows import Row, absent, from_runs
from hitl.bench.stage import serving
from hitl.demo.worlds import SpamMail
from hitl.runtime.paths import ROOT
from hitl.runtime.ports import LOOPBACK, free_port
from hitl.runtime.supervisor import Program

NAME = "peer: FastAPI + scikit-learn (words only), stores nothing"
INSTALL = "uv pip install fastapi 'uvicorn[standard]'"
RUNS = 3


def measure(bodies: Sequence[bytes]) -> list[Row]:
    """Return what one case costs there, and the memory of two workers."""
    if not all(importlib.util.find_spec(name) for name in ("fastapi", "uvicorn")):
        return [absent(NAME, INSTALL)]
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench._peer:app", "--host", LOOPBACK, "--port", str(port)]
    command += ["--workers", "2", "--log-level", "warning", "--no-access-log"]
    program = Program("fastapi", command, Path(os.environ["HITL_DATA_DIR"]), ROOT)
    with serving(program, port, "/live") as pid:
        wire = Wire(LOOPBACK, port)
        headers = {"Content-Type": "application/json"}
        requests = [wire.prepare("POST", "/predict", body, headers) for body in bodies]
        wire.send(requests[0])
        runs = [
            cost(lambda: [wire.send(request) for request in requests], 1, units=len(requests), app=pid)
            for _ in range(RUNS)
        ]
        wire.close()
        return [
            from_runs(f"{NAME}, one case", "ms CPU", [run.app for run in runs]),
            Row("peer: FastAPI, two workers with the model, PSS", "MB", pss_megabytes(pid)),
        ]


def words_of(content: Mapping[str, str]) -> str:
    """Return a mail as one text."""
    return f"{content['subject']}\n{content['body']}"


@cache
def fitted() -> Pipeline:
    """Return TF-IDF of words and pairs with logistic regression, fitted on the same history."""
    history = SpamMail().history()
    vectors = TfidfVectorizer(ngram_range=(1, 2), max_features=50_000, sublinear_tf=True)
    return make_pipeline(vectors, LogisticRegression(C=10, max_iter=500)).fit(
        [words_of(example.content) for example in history], [example.truth for example in history]
    )


def __getattr__(name: str) -> Any:
    """Build `app` when a server asks for it, so that the pipeline can be used without FastAPI."""
    if name != "app":
        raise AttributeError(name)
    from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]  # not of this project
    from pydantic import BaseModel  # type: ignore[import-not-found,unused-ignore]  # as above

    class Content(BaseModel):
        subject: str
        body: str

    class Case(BaseModel):
        content: Content

    app = FastAPI()
    pipeline = fitted()

    @app.get("/live")
    def live() -> dict[str, str]:
        return {"status": "live"}

    @app.post("/predict")
    def predict(case: Case) -> dict[str, Any]:
        proba = pipeline.predict_proba([words_of(case.content.model_dump())])[0]
        return {"label": pipeline.classes_[proba.argmax()], "confidence": float(proba.max())}

    return app
