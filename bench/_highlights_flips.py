"""What would change an answer: cost, whether it really does, and whether it only changes what may be."""

import numpy as np

from bench._evidence import data_set, milliseconds, plan_of, unsure_of
from hitl.bench.rows import Row
from science.explain.counterfactual import flips
from science.fields import Field, Schema
from science.pipelines.candidates import PAIRWISE


def changes(n: int) -> list[Row]:
    sample = data_set("credit_data_catalan", 4500)
    fields = tuple(
        Field(f.name, f.kind, required=False, mutable=f.name not in ("Age", "Marital"))
        for f in sample.schema.fields
    )
    schema = Schema(fields, sample.schema.labels)
    plan = plan_of(PAIRWISE, sample.rows[:3000], sample.labels[:3000], schema)
    unsure = unsure_of(plan, sample.rows[3000:], n)
    said = {
        id(row): plan.labels[int(p.argmax())]
        for row, p in zip(unsure, plan.predict_proba(unsure), strict=True)
    }
    ms = milliseconds(lambda row: flips(plan, row, target=said[id(row)]), unsure)
    found = [(row, flip) for row in unsure for flip in flips(plan, row, target=said[id(row)])]
    turned = mutable = 0
    for row, flip in found:
        changed = {**row, **{change["path"]: change["to"] for change in flip["changes"]}}
        turned += (
            plan.labels[int(plan.predict_proba([changed])[0].argmax())] == flip["label"] != said[id(row)]
        )
        mutable += all(schema.field(change["path"]).mutable for change in flip["changes"])
    n_changes = float(np.mean([len(flip["changes"]) for _, flip in found]))
    return [
        Row("what would change it: p50", "ms CPU", float(np.median(ms)), bar=25.0),
        Row("  really does when scored again", "%", 100 * turned / len(found), bar=100.0, more_is_better=True,
            note=f"found for {len(found)} of {len(unsure)} unsure cases, {n_changes:.2f} fields changed"),
        Row("  changes only what may be", "%", 100 * mutable / len(found), bar=100.0, more_is_better=True),
    ]  # fmt: skip
