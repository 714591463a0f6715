"""The learning curve says what doublings bought, no more than can be known, and the same every time."""

import json

import numpy as np
import pytest

from models_store.web.learning import shown_curve
from science.fields import Field, Kind, Schema
from science.pipelines import train
from science.pipelines.learning_curve import LearningCurve, learning_curve

POINT = Schema((Field("x", Kind.NUMBER), Field("y", Kind.NUMBER), Field("z", Kind.NUMBER)), ("in", "out"))
WORDS = Schema((Field("t", Kind.TEXT),), ("left", "right"))


def noise(n: int, *, copies: int = 1) -> tuple[list[dict[str, float]], list[str], np.ndarray]:
    """Labels that no field tells, each case as many times."""
    rng = np.random.default_rng(5)
    rows = [dict(zip("xyz", rng.normal(size=3).tolist(), strict=True)) for _ in range(n // copies)]
    said = rng.choice(["in", "out"], size=len(rows)).tolist()
    places = np.repeat(np.arange(len(rows)), copies)
    return [rows[i] for i in places], [said[i] for i in places], places


def words(n: int, seed: int = 3) -> tuple[list[dict[str, str]], list[str]]:
    """Texts of three of 300 words, each word for one side: whoever has met more words knows more."""
    rng = np.random.default_rng(seed)
    side = np.arange(300) % 2
    rows, said = [], []
    for _ in range(n):
        which = rng.integers(2)
        drawn = rng.choice(np.flatnonzero(side == which), 3)
        rows.append({"t": " ".join(f"w{word}" for word in drawn)})
        said.append(WORDS.labels[which])
    return rows, said


@pytest.fixture(scope="module")
def of_words() -> LearningCurve:
    rows, said = words(300)
    found = learning_curve(train(rows, said, WORDS, seed=1, budget_seconds=0), rows, said, WORDS)
    assert isinstance(found, LearningCurve)
    return found


def test_where_labels_help_it_says_how_much_and_twice_as_many_give_as_much(of_words: LearningCurve) -> None:
    assert [point.labels for point in of_words.points] == [50, 100, 200]
    errors = [point.error for point in of_words.points]
    assert errors == sorted(errors, reverse=True)
    assert 0 < of_words.last[1] < of_words.last[0] < of_words.last[2]
    rows, said = words(600)
    fresh, truth = words(2_000, seed=9)
    wrong = []
    for n in (300, 600):
        model = train(rows[:n], said[:n], WORDS, seed=1, budget_seconds=0)
        guessed = np.array(model.labels)[model.served.predict_proba(fresh).argmax(axis=1)]
        wrong.append((guessed != np.array(truth)).mean())
    assert of_words.next[1] <= wrong[0] - wrong[1] <= of_words.next[2]


def test_where_labels_are_noise_nothing_is_promised_and_copies_teach_nothing_of_each_other() -> None:
    rows, said, groups = noise(360, copies=3)
    model = train(rows, said, POINT, seed=1, groups=groups, budget_seconds=0)
    found = learning_curve(model, rows, said, POINT, groups=groups)
    assert isinstance(found, LearningCurve)
    assert all(0.35 < point.error < 0.65 for point in found.points)
    assert found.next[1] < 0 < found.next[2]
    shown = shown_curve({"learning_curve": found.to_json()})
    assert shown is not None
    assert "perhaps nothing" in shown.words
    assert not shown.hundred


def test_the_same_labels_give_the_same_curve(of_words: LearningCurve) -> None:
    rows, said = words(300)
    again = learning_curve(train(rows, said, WORDS, seed=1, budget_seconds=0), rows, said, WORDS)
    assert again == of_words
    assert json.loads(json.dumps(of_words.to_json(), allow_nan=False))["points"][0]["labels"] == 50


def test_where_it_cannot_be_measured_it_says_why() -> None:
    rows, said = words(50)
    model = train(rows, said, WORDS, seed=1, budget_seconds=0)
    assert learning_curve(model, rows, said, WORDS) == "There are fewer than 60 labels."
    rows, said = words(80)
    model = train(rows, said, WORDS, seed=1, budget_seconds=0)
    too_dear = learning_curve(model, rows, said, WORDS, budget_seconds=0)
    assert too_dear == "It would have taken too long."
    shown = shown_curve({"learning_curve": {"why_not": too_dear}})
    assert shown is not None
    assert shown.words == "It was not measured. It would have taken too long."
    assert shown_curve({}) is None


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        ((0.02, 0.01, 0.04), "would mend about 2 % of all answers (1 % to 4 %)."),
        ((0.01, -0.01, 0.03), "would mend at most 3 % of all answers, and perhaps nothing."),
        ((-0.02, -0.03, -0.01), "would mend nothing"),
    ],
)
def test_the_words_promise_no_more_than_the_interval(ends: tuple[float, float, float], says: str) -> None:
    points = [{"labels": n, "error": 0.1, "low": 0.08, "high": 0.12} for n in (133, 267)]
    shown = shown_curve({"learning_curve": {"labels": 400, "points": points, "last": ends, "next": ends}})
    assert shown is not None
    assert says in shown.words
    assert bool(shown.hundred) == (ends[1] > 0)
