"""Evidence in texts: cost, sums, and what is lost when the marked words go, beside SHAP and LIME."""

from collections.abc import Callable, Sequence
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
from bench._evidence_floors import SAME, text_floor
from bench._oracles import oracle
from hitl.bench.rows import Row, absent
from science.explain import explain
from science.explain.explain import evidence_in
from science.pipelines.candidates import Candidate
from science.serving import ServedModel

SHORT = 4_000  # characters: what the bars for text are set for
STEPS = 5  # words taken away one after another


def text(
    name: str, candidate: Candidate, n: int, *, bars: tuple[float, float], is_compared: bool = False
) -> list[Row]:
    sample = data_set("spamassassin", 3000)
    rows = [{**row, "text": row["text"][:SHORT]} for row in sample.rows]
    served = served_model_of(candidate, rows[:2000], sample.labels[:2000], sample.schema)
    cases = rows[2000 : 2000 + n]
    gaps = [evidence_in(served, row).method["gap"] for row in cases]
    took = beside(lambda row: explain(served, row), text_floor(served), cases)
    out = cost_rows(f"text, {name}: explain", took, SAME, *bars)
    out.append(Row(f"text, {name}: gap of the sum", "log-odds", max(gaps), bar=1e-9))
    out.append(explained_is_shown(f"text, {name}", served, cases))
    unsure = unsure_of(served, rows[2000:], UNSURE)
    rng = np.random.default_rng(0)
    ours = _aopc(served, unsure, _our_words)
    chance = float(np.mean([_aopc(served, unsure, lambda p, r: _random_words(p, r, rng)) for _ in range(5)]))
    out.append(
        Row(f"text, {name}: loss when taken away, over random", "x", ours / abs(chance), bar=4.0,
            more_is_better=True)
    )  # fmt: skip
    if is_compared:
        out += _text_peers(served, unsure, ours)
    return out


def _text_peers(served: ServedModel, unsure: list[Any], ours: float) -> list[Row]:
    ways = {"SHAP (linear)": "shap_words", "LIME": "lime_words"}
    out = []
    with oracle(served) as asked:
        if asked is None:
            return [absent(f"  peer: {name}") for name in ways]
        for name, way in ways.items():
            found, ms = asked.each(way, unsure)
            places = {id(row): own for row, own in zip(unsure, found, strict=True)}
            theirs = _aopc(served, unsure, lambda served, row, places=places: places[id(row)])  # type: ignore[misc]
            out.append(
                Row(f"  our loss over that of {name}", "x", ours / theirs, bar=0.95, more_is_better=True)
            )
            out.append(Row(f"  peer: {name}", "ms CPU", float(np.median(ms))))
    return out


def _our_words(served: ServedModel, row: Any) -> list[list[tuple[str, int, int]]]:
    """Places of each word, those that speak most for the answer first."""
    units = sorted(evidence_in(served, row).units, key=lambda unit: -unit.score)
    return [_places(unit) for unit in units[:STEPS] if unit.score > 0]


def _random_words(
    served: ServedModel, row: Any, rng: np.random.Generator
) -> list[list[tuple[str, int, int]]]:
    units = evidence_in(served, row).units
    return [_places(units[i]) for i in rng.permutation(len(units))[:STEPS]]


def _places(unit: Any) -> list[tuple[str, int, int]]:
    return [(where["part"], where["start"], where["end"]) for where in (unit.where, *unit.also)]


def _aopc(served: ServedModel, cases: Sequence[Any], ranked: Callable[[ServedModel, Any], Any]) -> float:
    """Mean probability of the answer lost over the first few words taken away (DeYoung et al. 2020)."""
    lost = []
    for row in cases:
        p = served.predict_proba([row])[0]
        k = int(p.argmax())
        changed = dict(row)
        for places in ranked(served, row):
            for part, start, end in places:
                text = changed[part]
                changed[part] = text[:start] + " " * (end - start) + text[end:]
            lost.append(float(p[k] - served.predict_proba([changed])[0][k]))
    return float(np.mean(lost)) if lost else 0.0
