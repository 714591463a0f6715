"""What most would write first: FastAPI, pydantic, scikit-learn's pipeline; it stores nothing.

Run by the peers' interpreter under uvicorn. `HISTORY` names a file of contents and truths to learn from.
"""

import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]  # of the peers' environment
from pydantic import BaseModel  # type: ignore[import-not-found,unused-ignore]  # as above

from bench._words import fitted, words_of


class Content(BaseModel):  # type: ignore[misc,unused-ignore]
    """What the model reads."""

    subject: str
    body: str


class Case(BaseModel):  # type: ignore[misc,unused-ignore]
    """A request."""

    content: Content


app = FastAPI()
pipeline = fitted(*json.loads(Path(os.environ["HISTORY"]).read_text()))


@app.get("/live")  # type: ignore[untyped-decorator,unused-ignore]
def live() -> dict[str, str]:
    """Say that the worker is up."""
    return {"status": "live"}


@app.post("/predict")  # type: ignore[untyped-decorator,unused-ignore]
def predict(case: Case) -> dict[str, Any]:
    """Score one mail."""
    proba = pipeline.predict_proba([words_of(case.content.model_dump())])[0]
    return {"label": pipeline.classes_[proba.argmax()], "confidence": float(proba.max())}
