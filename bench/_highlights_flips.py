"""What would change an answer: cost, whether it really does, and whether it only changes what may be."""

from functools import partial
from typing import Any

import numpy as np

from bench._evidence import UNSURE, beside, cost_rows, data_set, served_model_of, unsure_of
from bench._evidence_floors import DEFAULTS, SAME, table_floor, text_floor
from hitl.bench.rows import Row
from science.explain.counterfactual import flips
from science.explain.deletion import word_flips
from science.explain.without import without_each_word
from science.fields import Field, Schema
from science.pipelines.candidates import PAIRWISE, TEXT
from science.serving import ServedModel
from science.serving.keys import WORDS
from science.serving.text import TextBlock

SHORT = 4_000  # characters
TABLE_BAR = 10.4  # times the floor: 25 ms, and so are the bars of texts (bench/README.md)
TEXT_BARS = {"words": 21.0, "words and characters": 9.3}


def changes(n: int) -> list[Row]:
    sample = data_set("credit_data_catalan", 4500)
    fields = tuple(
        Field(f.name, f.kind, required=False, mutable=f.name not in ("Age", "Marital"))
        for f in sample.schema.fields
    )
    schema = Schema(fields, sample.schema.labels)
    served = served_model_of(PAIRWISE, sample.rows[:3000], sample.labels[:3000], schema)
    unsure = unsure_of(served, sample.rows[3000:], n)
    said = {
        id(row): served.labels[int(p.argmax())]
        for row, p in zip(unsure, served.predict_proba(unsure), strict=True)
    }
    floor = table_floor(sample.rows[:3000], sample.labels[:3000], sample.schema)
    took = beside(lambda row: flips(served, row, target=said[id(row)]), floor, unsure)
    found = [(row, flip) for row in unsure for flip in flips(served, row, target=said[id(row)])]
    turned = mutable = 0
    for row, flip in found:
        changed = {**row, **{change["path"]: change["to"] for change in flip["changes"]}}
        turned += (
            served.labels[int(served.predict_proba([changed])[0].argmax())] == flip["label"] != said[id(row)]
        )
        mutable += all(schema.field(change["path"]).mutable for change in flip["changes"])
    n_changes = float(np.mean([len(flip["changes"]) for _, flip in found]))
    return [
        *cost_rows("what would change it", took, DEFAULTS, TABLE_BAR),
        Row("  really does when scored again", "%", 100 * turned / len(found), bar=100.0, more_is_better=True,
            note=f"found for {len(found)} of {len(unsure)} unsure cases, {n_changes:.2f} fields changed"),
        Row("  changes only what may be", "%", 100 * mutable / len(found), bar=100.0, more_is_better=True),
    ]  # fmt: skip


def words(n: int) -> list[Row]:
    """The same for mail: which words, and the closed form beside scoring the text without each word."""
    sample = data_set("spamassassin", 3000)
    rows = [{**row, "text": row["text"][:SHORT]} for row in sample.rows]
    out = []
    for name, candidate in (("words", TEXT[0]), ("words and characters", TEXT[2])):
        served = served_model_of(candidate, rows[:2000], sample.labels[:2000], sample.schema)
        unsure = unsure_of(served, rows[2000:], UNSURE)[:n]
        said = {id(row): served.labels[int(served.predict_proba([row])[0].argmax())] for row in unsure}
        flip_words = partial(_word_flips, served, said)
        took = beside(flip_words, text_floor(served), unsure)
        found = [(row, flip) for row in unsure for flip in flip_words(row)]
        turned = [served.predict_proba([_without(row, flip["changes"])])[0].argmax() for row, flip in found]
        really = sum(
            served.labels[int(best)] == flip["label"] != said[id(row)]
            for best, (row, flip) in zip(turned, found, strict=True)
        )
        gone = float(np.mean([len(flip["changes"]) for _, flip in found]))
        note = f"found for {len(found)} of {len(unsure)} unsure cases, {gone:.2f} words gone"
        gap, share = _gap(served, unsure), 100 * really / len(found)
        out += [
            Row(f"text, {name}: without one word, gap to scoring again", "log-odds", gap, bar=1e-9),
            *cost_rows(f"text, {name}: without which words", took, SAME, TEXT_BARS[name]),
            Row("  really does when scored again", "%", share, bar=100.0, more_is_better=True, note=note),
        ]
    return out


def _word_flips(served: ServedModel, said: dict[int, str], row: Any) -> Any:
    return word_flips(served, row, target=said[id(row)])


def _gap(served: ServedModel, rows: list[Any]) -> float:
    """The largest difference between the closed form and scoring a text with one word blanked."""
    worst = 0.0
    for row in rows[:20]:
        for block in (block for block in served.texts if isinstance(block, TextBlock)):
            found = without_each_word(block, row.get(block.name))
            if found is not None:
                blanked = [_blank(row[block.name], places) for places in found.places]
                worst = max(worst, float(np.abs(block.outputs(blanked) - found.outputs).max()))
    return worst


def _without(row: Any, changes: list[Any]) -> Any:
    changed = dict(row)
    for change in changes:
        text = changed[change["path"]]
        places = [(a, b) for word, a, b in WORDS.words(text) if word == change["without"].lower()]
        changed[change["path"]] = _blank(text, places)
    return changed


def _blank(text: str, places: list[tuple[int, int]]) -> str:
    for start, end in places:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
