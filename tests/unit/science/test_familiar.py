"""Strange cases: found where nothing alike was learned from, and rarely where it was."""

from dataclasses import replace

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


@pytest.mark.parametrize(("what", "number", "said"), [("scale", 0.0, "scale"), ("anchors", np.nan, "finite")])
def test_a_file_in_which_nothing_could_be_measured_is_refused(
    model: ServedModel, what: str, number: float, said: str
) -> None:
    assert model.familiar is not None
    near = model.familiar.parts[TABLE]
    broken = replace(near, **{what: np.full_like(getattr(near, what), number)})
    familiar = replace(model.familiar, parts={TABLE: broken})
    with pytest.raises(BadArtifact, match=said):
        load_model(save_model(replace(model, familiar=familiar)))


def test_the_error_of_known_entities_is_told_apart_where_cases_belong_together() -> None:
    rng = np.random.default_rng(6)
    customer = np.repeat(np.arange(30), 20)  # each has an answer of its own, and its name is a field
    rows = [{"who": f"customer {c}", "noise": float(rng.normal())} for c in customer]
    labels = ["yes" if c % 2 else "no" for c in customer]
    schema = Schema((Field("who", Kind.CATEGORY), Field("noise", Kind.NUMBER)), ("no", "yes"))
    report = train(rows, labels, schema, seed=1, groups=customer).report
    chosen = next(one for one in report["candidates"] if one["name"] == report["chosen"])
    assert report["error_where_known"] < 0.1 < 1 - chosen["accuracy"]
    assert train(rows, labels, schema, seed=1).report["error_where_known"] is None
