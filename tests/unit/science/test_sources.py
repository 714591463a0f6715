"""What a model elsewhere says: read, mapped, calibrated; whatever is no score has a reason of its own."""

import json
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.decision_terms import OF_SOURCES, Reason
from science.fields import Schema
from science.label_maps import fit_of
from science.pipelines import NotTrainable, calibrate
from science.pipelines.calibrate import AS_SENT, CALIBRATED
from science.serving import (
    BadArtifact,
    ScoredRow,
    SourceAnswer,
    SourceModel,
    load_model,
    load_scorer,
    read_source_answer,
)
from science.serving.artifact import pack, unpack
from science.serving.store import save_source

MAP = {"junk": "spam", "fine": "ham"}
LABELS = ["ham", "spam"]
SCHEMA = Schema.from_json({"fields": [{"name": "body", "kind": "text"}], "labels": LABELS})

NO_SCORES: dict[str, tuple[Any, Reason]] = {
    "no object": ([0.5, 0.5], Reason.SCORES_MALFORMED),
    "nothing": (None, Reason.SCORES_MALFORMED),
    "a label missing": ({"junk": 1.0}, Reason.SCORES_LACK_LABEL),
    "no label at all": ({}, Reason.SCORES_LACK_LABEL),
    "a label too many": ({"junk": 0.5, "fine": 0.5, "odd": 0.0}, Reason.SCORES_EXTRA_LABEL),
    "another label": ({"junk": 0.5, "odd": 0.5}, Reason.SCORES_LACK_LABEL),
    "NaN": ({"junk": float("nan"), "fine": 1.0}, Reason.SCORES_NO_NUMBERS),
    "infinite": ({"junk": float("inf"), "fine": 1.0}, Reason.SCORES_NO_NUMBERS),
    "larger than any float": ({"junk": 10**400, "fine": 1.0}, Reason.SCORES_NO_NUMBERS),
    "null": ({"junk": None, "fine": 1.0}, Reason.SCORES_NO_NUMBERS),
    "a text": ({"junk": "0.5", "fine": 0.5}, Reason.SCORES_NO_NUMBERS),
    "true": ({"junk": True, "fine": 0}, Reason.SCORES_NO_NUMBERS),
    "negative": ({"junk": -0.1, "fine": 1.1}, Reason.SCORES_NEGATIVE),
    "too much": ({"junk": 0.6, "fine": 0.5}, Reason.SCORES_SUM),
    "too little": ({"junk": 0.0, "fine": 0.0}, Reason.SCORES_SUM),
    "logits": ({"junk": 4.2, "fine": 0.3}, Reason.SCORES_SUM),
}


@pytest.mark.parametrize("what", NO_SCORES)
def test_what_is_no_score_says_why(what: str) -> None:
    sent, why = NO_SCORES[what]
    assert read_source_answer(sent, MAP, LABELS) == SourceAnswer(None, why)


def test_a_probability_that_32_bits_left_below_nothing_is_nothing() -> None:
    said = read_source_answer({"junk": -1.2e-7, "fine": 1.0000001}, MAP, LABELS)
    assert said.proba is not None
    assert min(said.proba) == 0.0


def test_every_reason_about_what_was_sent_is_reached() -> None:
    said = {why for _, why in NO_SCORES.values()}
    assert said == {reason for reason in OF_SOURCES if reason.startswith("scores_")}


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_nothing_that_json_can_say_raises(sent: object) -> None:
    for one in (sent, {"junk": sent, "fine": 0.5}, {"junk": 0.5, "fine": 0.5, str(sent): sent}):
        said = read_source_answer(one, MAP, LABELS)
        assert (said.proba is None) == (said.unusable is not None)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda p: sum(p) > 0.01))
def test_a_score_is_a_distribution_over_the_workflows_labels(p: list[float]) -> None:
    total = sum(p)
    sent = dict(zip(("a", "b", "c"), (value / total for value in p), strict=True))
    said = read_source_answer(sent, {"a": "spam", "b": "ham", "c": "spam"}, LABELS)
    assert said.proba is not None
    assert sum(said.proba) == pytest.approx(1)
    assert said.proba[1] == pytest.approx(sent["a"] + sent["c"])


def rows_of(proba: np.ndarray) -> list[ScoredRow]:
    return [ScoredRow({"body": "x"}, {"me": SourceAnswer(tuple(p.tolist()))}) for p in proba]


def overconfident(n: int, rng: np.random.Generator, temperature: float = 0.2) -> tuple[np.ndarray, list[str]]:
    """Scores of a model that is five times too sure, and the truth."""
    logit = rng.normal(0, 1.5, n)
    honest = 1 / (1 + np.exp(-logit))
    truth = [LABELS[int(u < p)] for u, p in zip(rng.random(n), honest, strict=True)]
    sent = 1 / (1 + np.exp(-logit / temperature))
    return np.stack([1 - sent, sent], axis=1), truth


def fitted(n: int = 600, seed: int = 1) -> Any:
    proba, truth = overconfident(n, np.random.default_rng(seed))
    return calibrate(
        rows_of(proba),
        truth,
        SCHEMA,
        source="me",
        about={"model": "m", "version": "1"},
        said_labels=LABELS,
        seed=1,
        weights=np.ones(n),
        groups=np.arange(n),
    )


def test_a_calibrator_takes_back_what_a_source_is_too_sure_of() -> None:
    made = fitted()
    by_name = {one["name"]: one for one in made.report["candidates"]}
    assert by_name[AS_SENT]["calibration_error"] > 0.15
    assert by_name[CALIBRATED]["calibration_error"] < 0.08
    assert made.served.temperature == pytest.approx(0.2, abs=0.06)
    new, truth = overconfident(2_000, np.random.default_rng(9))
    sure = made.served.predict_proba(rows_of(new))
    right = sure.argmax(1) == [LABELS.index(label) for label in truth]
    assert abs(sure.max(1).mean() - right.mean()) < 0.04


def test_the_file_of_a_calibrator_is_the_same_bytes_for_the_same_labels_and_no_model() -> None:
    one, again = fitted(), fitted()
    assert one.artifact == again.artifact
    assert isinstance(load_scorer(one.artifact), SourceModel)
    with pytest.raises(BadArtifact, match="not a model"):
        load_model(one.artifact)


@pytest.mark.parametrize("bias", [np.zeros(2), np.array([np.nan]), np.zeros((1, 1))])
def test_a_file_that_fits_nothing_is_refused(bias: np.ndarray) -> None:
    meta, _ = unpack(fitted().artifact)
    with pytest.raises(BadArtifact):
        load_scorer(pack(meta, {"bias": bias}))


def test_rows_without_a_score_say_why_and_have_none() -> None:
    served: SourceModel = fitted().served
    rows: list[Any] = [
        ScoredRow({}, {"me": SourceAnswer((0.3, 0.7))}),
        ScoredRow({}, {"me": SourceAnswer(None, Reason.SCORES_SUM)}),
        ScoredRow({}, {"other": SourceAnswer((0.3, 0.7))}),
        ScoredRow({}, {}, Reason.SOURCE_UNREGISTERED),
        {"body": "nothing came with it"},
    ]
    assert served.unusable(rows) == [
        None,
        Reason.SCORES_SUM,
        Reason.SOURCE_SILENT,
        Reason.SOURCE_UNREGISTERED,
        Reason.SOURCE_SILENT,
    ]
    proba = served.predict_proba(rows)
    assert np.isnan(proba).all(axis=1).tolist() == [False, True, True, True, True]
    assert served.predict_proba(rows[:1]).tolist() == proba[:1].tolist()


def test_a_certain_score_is_bounded_and_ranks_first() -> None:
    served: SourceModel = fitted().served
    proba = served.predict_proba(rows_of(np.array([[0.0, 1.0], [0.01, 0.99]])))
    assert np.isfinite(proba).all()
    assert proba[0, 1] > proba[1, 1]


def test_three_labels_are_calibrated_as_well() -> None:
    rng = np.random.default_rng(3)
    labels = ["a", "b", "c"]
    schema = Schema.from_json({"fields": [{"name": "body", "kind": "text"}], "labels": labels})
    honest = rng.dirichlet([1, 1, 1], 900)
    truth = [labels[rng.choice(3, p=p)] for p in honest]
    sent = honest**4 / (honest**4).sum(1, keepdims=True)
    made = calibrate(
        rows_of(sent), truth, schema, source="me", about={}, said_labels=labels, seed=1,
        weights=np.ones(900), groups=np.arange(900),
    )  # fmt: skip
    raw, calibrated = made.report["candidates"]
    assert calibrated["calibration_error"] < 0.06 < raw["calibration_error"]
    assert calibrated["log_loss"] < raw["log_loss"]


def test_a_label_that_the_source_cannot_say_counts_as_an_error() -> None:
    schema = Schema.from_json({"fields": [{"name": "b", "kind": "text"}], "labels": ["ham", "spam", "odd"]})
    proba, truth = overconfident(300, np.random.default_rng(2))
    truth = ["odd" if i % 5 == 0 else label for i, label in enumerate(truth)]
    made = calibrate(
        rows_of(proba), truth, schema, source="me", about={}, said_labels=LABELS, seed=1,
        weights=np.ones(300), groups=np.arange(300),
    )  # fmt: skip
    assert made.report["left_out"] == {"odd": 60}
    assert made.report["candidates"][1]["accuracy"] < 0.8


def test_without_examples_of_two_labels_there_is_no_calibrator() -> None:
    proba, _ = overconfident(30, np.random.default_rng(2))
    with pytest.raises(NotTrainable, match="ham: 28, spam: 2"):
        calibrate(
            rows_of(proba), ["spam"] * 2 + ["ham"] * 28, SCHEMA, source="me", about={}, said_labels=LABELS,
            seed=1, weights=np.ones(30), groups=np.arange(30),
        )  # fmt: skip


@given(st.integers(0, 10_000), st.sampled_from([0.7, 0.9]))
def test_a_map_that_is_turned_round_is_refuted_and_the_right_one_named(seed: int, accuracy: float) -> None:
    rng = np.random.default_rng(seed)
    truth = ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    tops = [label.upper() if rng.random() < accuracy else "ABC"[rng.integers(3)] for label in truth]
    right = dict(zip("ABC", "abc", strict=True))
    for turned in permutations("abc"):
        fit = fit_of(tops, truth, dict(zip("ABC", turned, strict=True)))
        if dict(zip("ABC", turned, strict=True)) == right:
            assert not fit.is_refuted
            assert fit.best == right
        else:
            assert fit.is_refuted
            assert fit.best == right


def test_few_mistakes_of_a_right_map_do_not_refute_it() -> None:
    tops = ["A"] * 10 + ["B"] * 8 + ["C"] * 2
    truth = ["a"] * 10 + ["b"] * 8 + ["a"] * 2  # both of the rarest label are mistakes
    assert not fit_of(tops, truth, dict(zip("ABC", "abc", strict=True))).is_refuted


def test_the_files_header_is_plain_json() -> None:
    meta, _ = unpack(save_source(fitted().served))
    assert json.loads(json.dumps(meta)) == meta
