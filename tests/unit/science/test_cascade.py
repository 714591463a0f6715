"""A local model first, one elsewhere for what it leaves: each case has one speaker, the same for ever."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.decision_terms import Reason
from science.fields import Schema
from science.pipelines import CascadedModel, NotTrainable, cascade, train
from science.pipelines.cascade import ALONE, CASCADE, sure_from
from science.serving import (
    BadArtifact,
    Cascade,
    ScoredRow,
    SourceAnswer,
    load_scorer,
    own_model,
    source_model,
)
from science.serving.artifact import pack, unpack

LABELS = ["ham", "odd", "spam"]
SCHEMA = Schema.from_json({"fields": [{"name": "body", "kind": "text"}], "labels": LABELS})
SOURCE = "elsewhere"
N = 900


def world(n: int = N, seed: int = 3) -> tuple[list[ScoredRow], list[str]]:
    """Two thirds of the mails give themselves away by a word; of the others only the source knows."""
    rng = np.random.default_rng(seed)
    truth = np.where(rng.random(n) < 0.5, "spam", "ham")
    is_easy = rng.random(n) < 2 / 3
    rows = []
    for i in range(n):
        word = {"spam": "prize", "ham": "meeting"}[str(truth[i])] if is_easy[i] else "note"
        logit = rng.normal(3 if truth[i] == "spam" else -3, 1.5)
        p = 1 / (1 + np.exp(-logit))
        text = f"{word} of day {rng.integers(1000)}"
        rows.append(ScoredRow({"body": text}, {SOURCE: SourceAnswer((float(1 - p), float(p)))}))
    return rows, truth.tolist()


def joined(rows: list[ScoredRow], labels: list[str], **told: object) -> CascadedModel:
    n = len(rows)
    given_: dict[str, Any] = {
        "weights": np.ones(n), "groups": np.arange(n), "judged": np.ones(n, dtype=bool), "share": 0.01,
        "source": SOURCE, "about": {}, "said_labels": ["ham", "spam"], "seed": 7,
    }  # fmt: skip
    first = train(rows, labels, SCHEMA, seed=7, groups=np.arange(n))
    return cascade(first, rows, labels, SCHEMA, **(given_ | told))


@cache
def made() -> CascadedModel:
    return joined(*world())


def test_the_first_keeps_what_it_is_sure_of_and_leaves_the_rest() -> None:
    rows, labels = world(seed=4)
    served = made().served
    left = served.leaves(rows)
    assert left.mean() == pytest.approx(1 / 3, abs=0.06)
    own = np.array(served.first.labels)[served.first.predict_proba(rows).argmax(axis=1)]
    assert (own[~left] != np.array(labels)[~left]).mean() <= 0.01
    proba, unusable = served.scored(rows)
    assert unusable == [None] * len(rows)
    assert np.array_equal(proba, served.predict_proba(rows))
    first, second = served.first.predict_proba(rows), served.second.predict_proba(rows)
    columns = [served.labels.index(label) for label in served.first.labels]
    assert np.array_equal(proba[~left][:, columns], first[~left])
    columns = [served.labels.index(label) for label in served.second.labels]
    assert np.array_equal(proba[left][:, columns], second[left])


def test_together_they_are_right_more_often_than_the_first_alone() -> None:
    rows, labels = world(seed=5)
    served = made().served
    right = np.array(served.labels)[served.predict_proba(rows).argmax(axis=1)] == np.array(labels)
    own = np.array(served.first.labels)[served.first.predict_proba(rows).argmax(axis=1)] == np.array(labels)
    assert right.mean() > own.mean() + 0.1
    alone, both = made().report["candidates"]
    assert (alone["name"], both["name"], made().report["chosen"]) == (ALONE, CASCADE, CASCADE)
    assert both["accuracy"] == pytest.approx(right.mean(), abs=0.03)
    assert both["calibration_error"] < 0.04


def test_where_the_source_said_nothing_there_is_no_score_and_only_there() -> None:
    rows, _ = world(60, seed=6)
    served = made().served
    left = served.leaves(rows)
    silent = [ScoredRow(row, {}) for row in rows]
    proba, unusable = served.scored(silent)
    assert [why is Reason.SOURCE_SILENT for why in unusable] == left.tolist()
    assert np.array_equal(np.isnan(proba).any(axis=1), left)
    assert np.array_equal(proba[~left], served.predict_proba(rows)[~left])


def test_a_row_scores_the_same_alone_and_among_others() -> None:
    rows, _ = world(40, seed=8)
    served = made().served
    together = served.predict_proba(rows)
    assert np.array_equal(np.concatenate([served.predict_proba([row]) for row in rows]), together)
    assert served.predict_proba([]).shape == (0, len(served.labels))


def test_the_file_is_the_model_and_the_same_data_give_the_same_file() -> None:
    model = made()
    loaded = load_scorer(model.artifact)
    assert isinstance(loaded, Cascade)
    rows, _ = world(30, seed=9)
    assert np.array_equal(loaded.predict_proba(rows), model.served.predict_proba(rows))
    assert joined(*world()).artifact == model.artifact
    assert own_model(loaded) is loaded.first
    assert source_model(loaded) is loaded.second
    assert own_model(loaded.second) is None
    assert source_model(loaded.first) is None


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.5, float("nan")])
def test_a_file_with_another_beginning_of_the_second_is_refused(threshold: float) -> None:
    meta, arrays = unpack(made().artifact)
    with pytest.raises(BadArtifact, match="where the second begins"):
        load_scorer(pack(meta | {"threshold": threshold}, arrays))


def test_a_file_of_other_parts_is_refused() -> None:
    meta, arrays = unpack(made().artifact)
    with pytest.raises(BadArtifact, match="other parts"):
        load_scorer(pack(meta, {"first": arrays["second"], "second": arrays["first"]}))
    with pytest.raises(BadArtifact, match="other labels"):
        load_scorer(pack(meta | {"labels": ["ham", "odd"]}, arrays))
    whole = {"first": np.frombuffer(made().artifact, dtype=np.uint8), "second": arrays["second"]}
    with pytest.raises(BadArtifact, match="other parts"):
        load_scorer(pack(meta, whole))
    with pytest.raises(BadArtifact):
        load_scorer(pack(meta, {"first": arrays["first"]}))


def test_it_is_judged_by_cases_of_which_the_source_could_be_asked() -> None:
    rows, labels = world()
    early = [ScoredRow(row, {}) if i < 300 else row for i, row in enumerate(rows)]
    judged = np.arange(N) >= 300
    model = joined(early, labels, judged=judged)
    assert model.report["n_rows"] == 600
    assert model.report["own"]["n_rows"] == N, "the first learns from all"
    assert model.report["cascade"]["unsaid"] == 0
    assert np.isnan(model.oof_proba[:300]).any(), "nobody knows what it would have said before"
    assert not np.isnan(model.oof_proba[300:]).any()
    with pytest.raises(NotTrainable, match="since the model elsewhere is listened to"):
        joined(rows, labels, judged=np.zeros(N, dtype=bool))


def test_one_that_is_sure_of_nothing_is_no_first() -> None:
    rng = np.random.default_rng(2)
    rows, labels = world(300)
    with pytest.raises(NotTrainable, match="leave all to the model elsewhere"):
        joined(rows, [str(label) for label in rng.permutation(labels)])


def test_one_that_leaves_nothing_needs_no_second() -> None:
    rows, labels = world(600)
    easy = [i for i, row in enumerate(rows) if "note" not in row["body"]]
    with pytest.raises(NotTrainable, match="A calibrator needs at least two labels"):
        joined([rows[i] for i in easy], [labels[i] for i in easy], share=0.05)


@given(
    st.lists(st.tuples(st.floats(0.51, 1.0), st.booleans(), st.floats(0.1, 5.0)), min_size=1, max_size=60),
    st.floats(0.01, 0.6),
)
def test_what_is_kept_has_at_most_the_share_wrong(
    cases: list[tuple[float, bool, float]], share: float
) -> None:
    score, wrong, weight = (np.array(column) for column in zip(*cases, strict=True))
    proba = np.column_stack([1 - score, score])
    y = np.where(wrong, -1, 1)
    try:
        threshold = sure_from(proba, y, weight, share)
    except NotTrainable:
        for cut in score:
            kept = score >= cut
            estimate = (weight[kept & wrong].sum() + weight.mean()) / (weight[kept].sum() + weight.mean())
            assert estimate > share - 1e-9
        return
    kept = score >= threshold
    assert kept.any()
    assert weight[kept & wrong].sum() / weight[kept].sum() <= share + 1e-9
