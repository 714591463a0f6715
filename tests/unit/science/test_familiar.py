"""Strange cases: found where nothing alike was learned from, and rarely where it was."""

import numpy as np
import pytest

from science.decision_terms import Reason
from science.fields import Field, Kind, Schema
from science.pipelines import train
from science.pipelines.familiar import SENT
from science.serving import ServedModel
from science.serving.errors import BadArtifact
from science.serving.familiar import TABLE
from science.serving.store import load_model, save_model

NUMBERS = Schema(
    (Field("a", Kind.NUMBER), Field("b", Kind.NUMBER), Field("kind", Kind.CATEGORY)), ("no", "yes")
)
WORDS = [
    f"{first}{last}" for first in ("lo", "mi", "ra", "tu", "ke") for last in ("ban", "dir", "sol", "fen")
]


def cases(n: int, rng: np.random.Generator) -> list[dict[str, object]]:
    a, b = rng.normal(size=(2, n))
    return [
        {"a": float(x), "b": float(y), "kind": str(kind)}
        for x, y, kind in zip(a, b, rng.choice(["old", "new", "odd"], n), strict=True)
    ]


def learned(n: int, groups: np.ndarray | None = None) -> ServedModel:
    rows = cases(n, np.random.default_rng(1))
    labels = ["yes" if float(str(row["a"])) > 0 else "no" for row in rows]
    return train(rows, labels, NUMBERS, seed=1, groups=groups).served


@pytest.fixture(scope="module")
def model() -> ServedModel:
    return learned(600)


def strange(model: ServedModel, rows: list[dict[str, object]]) -> list[bool]:
    return [why is Reason.UNFAMILIAR for why in model.unusable(rows)]


def test_few_cases_of_the_same_world_are_strange_and_far_ones_are(model: ServedModel) -> None:
    new = cases(2_000, np.random.default_rng(2))
    assert 0 < np.mean(strange(model, new)) < 3 * SENT
    far = [{**row, "b": 9.0} for row in new[:100]]
    assert all(strange(model, far))
    proba, _ = model.scored(far)
    assert proba.max(axis=1).min() > 0.5  # it would have answered, and often surely
    assert proba.max(axis=1).max() > 0.95


def test_a_case_is_as_strange_alone_as_in_a_batch(model: ServedModel) -> None:
    rows = [
        *cases(30, np.random.default_rng(3)),
        {"a": 0.1, "b": 1e300, "kind": "old"},
        {"a": None, "b": 0.0},
    ]
    together = model.scored(rows)
    for i, row in enumerate(rows):
        proba, why = model.scored([row])
        assert np.array_equal(proba[0], together[0][i], equal_nan=True)
        assert why[0] == together[1][i]


def test_too_few_entities_teach_nothing_of_what_is_strange() -> None:
    assert learned(600, groups=np.arange(600) % 150).familiar is None
    assert learned(600, groups=np.arange(600) % 250).familiar is not None


def test_a_text_of_unknown_words_is_strange_and_a_short_one_of_known_words_is_not() -> None:
    rng = np.random.default_rng(4)
    rows = [{"text": " ".join(rng.choice(WORDS, 12))} for _ in range(400)]
    labels = ["yes" if "loban" in str(row["text"]) else "no" for row in rows]
    schema = Schema((Field("text", Kind.TEXT),), ("no", "yes"))
    model = train(rows, labels, schema, seed=1).served
    unknown = {"text": "quorum zephyr vixen jumbled glyph"}
    assert strange(model, [unknown, {"text": "loban"}, rows[0]]) == [True, False, False]


def test_what_is_strange_is_kept_with_the_model_and_checked(model: ServedModel) -> None:
    again = load_model(save_model(model))
    rows = [*cases(50, np.random.default_rng(5)), {"a": 30.0, "b": 0.0, "kind": "old"}]
    assert strange(again, rows) == strange(model, rows)
    assert strange(again, rows)[-1]
    assert model.familiar is not None
    broken = load_model(save_model(model))
    assert broken.familiar is not None
    broken.familiar.parts[TABLE].scale[0] = 0.0
    with pytest.raises(BadArtifact, match="scale"):
        load_model(save_model(broken))
    broken.familiar.parts[TABLE].scale[0] = 1.0
    broken.familiar.parts[TABLE].anchors[0, 0] = np.nan
    with pytest.raises(BadArtifact, match="finite"):
        load_model(save_model(broken))


def test_the_error_of_known_entities_is_told_apart_where_cases_belong_together() -> None:
    rng = np.random.default_rng(6)
    habits = rng.random(60) < 0.5  # each customer has an answer of its own, seen from its number alone
    customer = np.repeat(np.arange(60), 10)
    place = rng.permutation(60)
    rows = [{"x": float(place[c]), "noise": float(rng.normal())} for c in customer]
    labels = ["yes" if habits[c] else "no" for c in customer]
    schema = Schema((Field("x", Kind.NUMBER), Field("noise", Kind.NUMBER)), ("no", "yes"))
    report = train(rows, labels, schema, seed=1, groups=customer).report
    chosen = next(one for one in report["candidates"] if one["name"] == report["chosen"])
    assert report["error_where_known"] < 1 - chosen["accuracy"] - 0.1
    assert train(rows, labels, schema, seed=1).report["error_where_known"] is None
