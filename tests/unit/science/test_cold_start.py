"""The first labels: two examples teach one, and what no example taught keeps a share of the probability."""

import numpy as np
import pytest

from bench._drawn_texts import requests
from science.calibration import fit_bcts
from science.decide import decide
from science.decision_terms import Basis, Degree, Reason
from science.draws import Draws
from science.fields import Field, Kind, Schema
from science.pipelines import NotTrainable, train
from science.pipelines.candidates import SMALL_TREES, TEXT
from science.pipelines.fitting import fit
from science.pipelines.train import prepared
from science.rule import Rule
from science.serving import BadArtifact, load_model, save_model
from science.serving.artifact import pack, unpack

SCHEMA = Schema((Field("text", Kind.TEXT),), ("refund", "parcel", "loan", "card"))


def of(**counts):
    """So many different texts of each label."""
    rows = [{"text": f"{label} {chr(97 + i)} please"} for label, n in counts.items() for i in range(n)]
    return rows, [label for label, n in counts.items() for _ in range(n)]


def test_two_examples_teach_a_label_and_one_does_not():
    model = train(*of(refund=9, parcel=8, loan=2, card=1), SCHEMA, seed=1)
    assert model.labels == ("refund", "parcel", "loan")
    assert model.report["left_out"] == {"card": 1}
    with pytest.raises(NotTrainable, match="2 different examples each; there are refund: 9, parcel: 1"):
        train(*of(refund=9, parcel=1), SCHEMA, seed=1)


def test_probability_is_kept_for_what_no_example_taught_and_survives_the_file():
    model = train(*of(refund=9, parcel=8, loan=2, card=1), SCHEMA, seed=1)
    proba = model.served.predict_proba([{"text": "refund z"}, {"text": "what is this"}])
    assert (proba.sum(axis=1) < 1).all()
    assert proba[1].sum() < proba[0].sum()  # a stranger is likelier to be none of these
    assert load_model(save_model(model.served)).none == model.served.none
    meta, arrays = unpack(model.artifact)
    with pytest.raises(BadArtifact, match="no finite number"):
        load_model(pack({**meta, "none": float("inf")}, arrays))


def test_where_every_label_was_taught_nothing_is_kept():
    model = train(*of(refund=9, parcel=8, loan=2), SCHEMA, seed=1)
    assert not model.served.is_partial
    assert model.served.predict_proba([{"text": "what"}]).sum() == pytest.approx(1)


def test_a_share_of_unknown_labels_is_found_again():
    rng = np.random.default_rng(0)
    y = rng.choice([-1, 0, 1, 2], size=2000, p=[0.2, 0.3, 0.3, 0.2])
    outputs = rng.normal(size=(2000, 3)) + 2.0 * (y[:, None] == np.arange(3))
    kept = 1 - fit_bcts(outputs, y).probabilities(outputs).sum(axis=1)
    assert kept.mean() == pytest.approx(0.2, abs=0.01)
    assert kept[y < 0].mean() > 2 * kept[y >= 0].mean()
    assert fit_bcts(outputs[y >= 0], y[y >= 0]).none is None


def test_confidence_is_honest_where_labels_are_many_and_examples_few():
    gaps = []
    for seed in range(3):
        drawn = requests("requests to a bank", 60, 1400, seed)
        served = train(drawn.rows[:200], drawn.labels[:200], drawn.schema, seed=1, budget_seconds=0).served
        proba = served.predict_proba(drawn.rows[200:])
        said = np.array(served.labels, dtype=object)[proba.argmax(axis=1)]
        right = said == np.array(drawn.labels[200:], dtype=object)
        assert right.mean() < 0.5  # or the world would be too easy to tell
        gaps.append(proba.max(axis=1).mean() - right.mean())
    assert np.abs(np.mean(gaps)) < 0.06


@pytest.mark.parametrize("candidate", [*TEXT, SMALL_TREES])
def test_a_fold_without_a_label_holds_it_least_likely(candidate):
    rows, labels = of(refund=9, parcel=8, loan=2)
    data = prepared(rows, labels, SCHEMA, None)
    for kept in (np.arange(17), np.r_[0:9, 17:19]):
        outputs = fit(candidate, data, kept, seed=1).outputs
        absent = 2 if len(kept) == 17 else 1
        assert outputs.shape == (19, 3)
        assert (outputs.argmin(axis=1) == absent).all()


def test_a_rule_takes_less_than_a_whole_only_from_a_model_that_says_so():
    rule = Rule(
        labels=("ham", "spam"), workflow_labels=frozenset({"ham", "spam"}), degree=Degree.PARTIAL,
        cutoffs={"ham": 0.5, "spam": 0.5}, basis=Basis.CERTIFIED, valid_until=100.0,
    )  # fmt: skip
    draws = Draws(*(np.full(2, 0.5) for _ in range(3)))
    proba = np.array([[0.6, 0.1], [0.1, 0.2]])  # the second is most likely none of the two
    whole = list(decide(rule, proba, draws=draws, now=1.0).rows())
    assert [one.reason for one in whole] == [Reason.BAD_SCORE] * 2
    part = list(decide(rule, proba, draws=draws, now=1.0, is_partial=True).rows())
    assert [one.label for one in part] == ["ham", "spam"]
    assert [one.reason for one in part] == [Reason.ABOVE_CUTOFF, Reason.BELOW_CUTOFF]
    more = decide(rule, proba + 0.4, draws=draws, now=1.0, is_partial=True).rows()
    assert [one.reason for one in more] == [Reason.BAD_SCORE] * 2
