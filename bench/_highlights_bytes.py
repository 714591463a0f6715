"""The same case and model must give the same explanation, byte for byte, also from the file read again."""

import json
from collections.abc import Sequence
from typing import Any

from bench._evidence import data_set, served_model_of
from hitl.bench.rows import Row
from science.explain import explain
from science.pipelines.candidates import PAIRWISE, TEXT
from science.serving import ServedModel, load_model, save_model


def same_bytes() -> list[Row]:
    """Fifty cases of a table and of texts, each explained twice."""
    table, texts = data_set("credit_data_catalan", 4500), data_set("spamassassin", 3000)
    same = n = 0
    for candidate, sample in ((PAIRWISE, table), (TEXT[2], texts)):
        served = served_model_of(candidate, sample.rows[:1000], sample.labels[:1000], sample.schema)
        again = load_model(save_model(served))
        cases = sample.rows[1000:1050]
        same += sum(a == b for a, b in zip(_bytes(served, cases), _bytes(again, cases), strict=True))
        n += len(cases)
    return [
        Row("the same case gives the same bytes", "%", 100 * same / n, bar=100.0, more_is_better=True),
    ]


def _bytes(served: ServedModel, cases: Sequence[Any]) -> list[str]:
    return [json.dumps(explain(served, row).to_json()) for row in cases]
