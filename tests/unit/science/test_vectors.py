"""What words mean: a table of pieces, texts as sums of it, and what every word adds."""

import gc

import numpy as np
import pytest

from science.distil import quantized, weighted
from science.explain import explain, index_precedents
from science.explain.deletion import word_flips
from science.explain.explainer import explainer_for
from science.explain.types import verify
from science.explain.without import without_each_word
from science.fields import Field, Kind, Schema
from science.pipelines import train
from science.pipelines.candidates import NEAREST, WITH_VECTORS
from science.serving import BadArtifact, load_model
from science.serving.artifact import pack, unpack
from science.serving.vectors import VectorBlock, WordVectors, load_table, save_table, table_from
from tests.unit.science.fitting import served_model_of

MEANT = {
    "refund": ("refund", "money", "cash", "repay", "reimburse"),
    "parcel": ("parcel", "package", "shipment", "box", "courier"),
}
ODD = (
    "", " ", "money money MONEY", "na\u00efve refund-box's", "\U0001f44d \u4f60\u597d parcel", "\ud800 cash",
    "repayment of the unknownword", "\u03a3\u0391\u03a3 box", "e\u0301" * 40, "x" * 300, "box! box? cash.",
)  # fmt: skip


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    ground = {label: rng.normal(size=16) for label in MEANT}
    vectors = {
        word: ground[label] + 0.3 * rng.normal(size=16) for label, own in MEANT.items() for word in own
    }
    more = ("the", "of", "my", "please", "where", "is", "##ment", "##s", "s", "'", "-", "naive", "[CLS]", "[")
    vectors |= {word: 0.3 * rng.normal(size=16) for word in more}
    return quantized(list(vectors), np.array(list(vectors.values())))


@pytest.fixture(scope="module")
def wishes():
    rows, labels = [], []
    for label, words in MEANT.items():
        for word in words[:3]:
            for frame in ("the {}", "where is my {}", "{} please", "my {}s", "of the {}"):
                rows.append({"text": frame.format(word)})
                labels.append(label)
    return rows, labels, Schema((Field("text", Kind.TEXT),), tuple(MEANT))


def test_a_word_is_cut_into_the_longest_pieces_that_are_known(table):
    names = table.names
    cut = {
        word: [names[i] for i in table.pieces(word)] for word in ("repayment", "boxs", "na\u00efve", "box's")
    }
    assert cut == {
        "repayment": ["repay", "##ment"],
        "boxs": ["box", "##s"],
        "na\u00efve": ["naive"],
        "box's": ["box", "'", "s"],
    }
    assert table.pieces("unknownword") == table.pieces("x" * 101) == ()
    assert "[CLS]" not in names
    assert "[" in names


def test_eight_bits_round_each_vector_by_less_than_a_hundredth_of_its_largest_number():
    vectors = np.random.default_rng(0).normal(size=(50, 8)) * np.arange(50)[:, None]
    kept = quantized([f"w{i}" for i in range(50)], vectors).of_pieces(range(50))
    assert (np.abs(kept - vectors) <= 0.005 * np.abs(vectors).max(axis=1, keepdims=True)).all()


def test_the_directions_that_are_kept_hold_most_of_what_differs():
    rng = np.random.default_rng(0)
    states = rng.normal(size=(400, 3)) @ rng.normal(size=(3, 20)) + 0.01 * rng.normal(size=(400, 20)) + 5
    kept = weighted(states, 3) / np.log(2.0 + np.arange(400))[:, None]
    centred = states - states.mean(axis=0)
    assert kept @ kept.T == pytest.approx(centred @ centred.T, abs=0.5)


def test_texts_score_alone_as_in_a_batch_and_without_words_as_nothing(table):
    weights = np.random.default_rng(1).normal(size=(16, 3))
    block = VectorBlock("text", table, weights, 1000)
    together = block.outputs(ODD)
    assert np.array_equal(together, np.concatenate([block.outputs([text]) for text in ODD]))
    assert not block.outputs(["", "unknownword", 7]).any()


def test_without_a_word_is_what_the_text_scores_with_it_blanked(table):
    block = VectorBlock("text", table, np.random.default_rng(1).normal(size=(16, 3)), 1000)
    tried = 0
    for text in (*ODD, "the money of my parcel is cash, the box"):
        found = without_each_word(block, text)
        for places, outputs in zip(found.places, found.outputs, strict=True) if found else ():
            blanked = text
            for start, end in places:
                blanked = blanked[:start] + " " * (end - start) + blanked[end:]
            assert outputs == pytest.approx(block.outputs([blanked])[0], abs=1e-12)
            tried += 1
    assert tried > 20


@pytest.mark.parametrize("candidate", [NEAREST, WITH_VECTORS])
def test_evidence_adds_up_lies_in_the_text_and_turns_the_answer(candidate, table, wishes):
    served = served_model_of(candidate, *wishes, vectors=table)
    assert explainer_for(served).method == "linear-exact"
    for text in (*ODD, "where is my shipment, I want cash"):
        row = {"text": text}
        explanation = explain(served, row, top=99)
        verify(explanation, row)
        assert explanation.method["gap"] <= 1e-9
        places = [(h.where["part"], h.where["start"]) for h in explanation.highlights]
        assert len(set(places)) == len(places)  # what words and meanings say of one word is one highlight
        for flip in word_flips(served, row, target=explanation.target):
            gone = text.replace(flip["changes"][0]["without"], " ")
            assert served.predict_proba([{"text": gone}]).shape == (1, 2)
    (flip,) = word_flips(served, {"text": "courier of my repay repay"}, target="refund")
    assert flip["label"] == "parcel"
    index = index_precedents(served, wishes[0], wishes[1], [bytes(16)] * len(wishes[0]))
    assert index.nearest(served, {"text": "the courier"}, limit=1)[0][1] == "parcel"


def test_words_that_no_example_held_are_read_by_what_they_mean(table, wishes):
    report = train(*wishes, seed=1, vectors=table).report
    tried = [one["name"] for one in report["candidates"]]
    assert {NEAREST.name, WITH_VECTORS.name} < set(tried)
    assert report["verified"]["largest_difference"] <= 1e-12
    served = served_model_of(NEAREST, *wishes, vectors=table)
    new = [{"text": word} for word in ("repay", "reimburse", "box", "courier")]
    said = served.predict_proba(new).argmax(axis=1)
    assert [served.labels[k] for k in said] == ["refund", "refund", "parcel", "parcel"]


def test_long_texts_are_not_read_by_what_words_mean(table, wishes):
    rows = [{"text": row["text"] + " the" * 200} for row in wishes[0]]
    report = train(rows, *wishes[1:], seed=1, vectors=table).report
    assert NEAREST.name not in [one["name"] for one in report["candidates"]]


def test_a_table_is_read_back_the_same_and_kept_once(table):
    content = save_table(table)
    one, other = load_table(content), load_table(content)
    assert one is other
    assert one.names == table.names
    assert np.array_equal(one.values, table.values)
    digest = one.sha256
    del one, other
    gc.collect()
    assert load_table(content).sha256 == digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda arrays: arrays.update({"vectors.scale": np.full(3, np.nan, np.float32)}), "another shape"),
        (lambda arrays: arrays.update({"vectors.names": np.frombuffer(b"\xff", np.uint8)}), "not UTF-8"),
        (lambda arrays: arrays.update({"vectors.values": arrays["vectors.scale"]}), "another type"),
        (lambda arrays: arrays.pop("vectors.names"), "is missing"),
        (
            lambda arrays: arrays.update({"vectors.scale": np.full_like(arrays["vectors.scale"], np.inf)}),
            "not finite",
        ),
    ],
)
def test_a_damaged_table_is_refused(table, change, words):
    meta, arrays = unpack(save_table(table))
    change(arrays)
    with pytest.raises(BadArtifact, match=words):
        load_table(pack(meta, arrays))


def test_a_table_with_a_piece_twice_or_of_another_version_is_refused(table):
    with pytest.raises(BadArtifact, match="twice"):
        WordVectors(["a", "a"], np.zeros((2, 4), np.int8), np.ones(2, np.float32))
    with pytest.raises(BadArtifact, match="version"):
        load_table(pack({"version": "vectors/0"}, table.to_arrays()))


def test_a_model_holds_its_table_and_refuses_weights_of_another(table, wishes):
    model = train(*wishes, seed=1, vectors=table)
    served = served_model_of(NEAREST, *wishes, vectors=table)
    assert served.texts[0].table is table_from(table.to_arrays())
    meta, arrays = unpack(model.artifact)
    if any(part.get("reader") == "vectors" for part in meta["texts"]):
        name = next(f"text{i}.weights" for i, part in enumerate(meta["texts"]) if part.get("reader"))
        with pytest.raises(BadArtifact, match="another shape"):
            load_model(pack(meta, {**arrays, name: arrays[name][1:]}))
