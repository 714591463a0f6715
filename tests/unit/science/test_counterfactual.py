"""What would change the answer: really would, with few changes, of fields that may be changed."""

import numpy as np
import pytest

from science.explain import NotInContent, explain, verify
from science.explain.counterfactual import MAX_CHANGES, flips
from science.fields import Field, Kind, Schema
from science.pipelines.candidates import MIXED, PAIRWISE, TABLE
from tests.unit.science.fitting import served_model_of
from tests.unit.science.samples import CREDIT, credits


@pytest.mark.parametrize("candidate", [PAIRWISE, TABLE[0]])
def test_every_proposal_turns_the_answer_when_it_is_scored_again(candidate):
    rows, labels = credits(500)
    fixed = {"Age", "Marital"}
    schema = Schema(
        tuple(
            Field(f.name, f.kind, required=False, mutable=f.name not in fixed, show=f.name != "Job")
            for f in CREDIT.fields
        ),
        CREDIT.labels,
    )
    served = served_model_of(candidate, rows, labels, schema)
    proba = served.predict_proba(rows)
    unsure = np.argsort(np.abs(proba[:, 0] - 0.5))[:40]
    found = 0
    for i in unsure.tolist():
        said = served.labels[int(proba[i].argmax())]
        for flip in flips(served, rows[i], target=said):
            found += 1
            changes = flip["changes"]
            assert 1 <= len(changes) <= MAX_CHANGES
            assert not {change["path"] for change in changes} & {*fixed, "Job"}
            changed = {**rows[i], **{change["path"]: change["to"] for change in changes}}
            assert served.fits([changed]) == [None]
            again = served.predict_proba([changed])[0]
            assert served.labels[int(again.argmax())] == flip["label"] != said
            assert flip["p"] == pytest.approx(again[served.labels.index(said)], abs=1e-15)
            for change in changes:  # none is idle: without any one of them the answer stays
                less = {**changed, change["path"]: change["from"]}
                assert served.predict_proba([less])[0].argmax() == proba[i].argmax() or len(changes) == 1
    assert found >= 36


def test_an_explanation_carries_the_proposal_and_refuses_one_that_is_stale():
    rows, labels = credits(500)
    served = served_model_of(PAIRWISE, rows, labels, CREDIT)
    row = rows[int(np.argmin(np.abs(served.predict_proba(rows)[:, 0] - 0.5)))]
    explanation = explain(served, row)
    assert explanation.to_json()["flips"][0]["label"] == explanation.contrast
    verify(explanation, row)
    change = explanation.flips[0]["changes"][0]
    change["from"] = "something else"
    with pytest.raises(NotInContent):
        verify(explanation, row)
    other = explain(served, row, target=explanation.contrast)
    assert other.flips == ()  # it is not what the model says: nothing to turn


def test_text_counts_but_is_never_rewritten():
    rng = np.random.default_rng(0)
    schema = Schema((Field("note", Kind.TEXT), Field("amount", Kind.NUMBER)), ("yes", "no"))
    rows = [
        {"note": ["fine thanks", "late again"][i % 2], "amount": float(rng.normal(i % 2, 1))}
        for i in range(200)
    ]
    served = served_model_of(MIXED[0], rows, ["yes", "no"] * 100, schema)
    for row in rows[:20]:
        said = served.labels[int(served.predict_proba([row])[0].argmax())]
        for flip in flips(served, row, target=said):
            assert [change["path"] for change in flip["changes"]] == ["amount"]
