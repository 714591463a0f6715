"""The gate lets a model through for reasons, and refuses it with them."""

from typing import Any

import pytest

from models_store.services.evaluation import Comparison
from models_store.services.gate import MARGIN, checks
from models_store.types import GateCheck
from science.paired import PairedDifference


def report(
    *, aurc: float = 0.01, accuracy: float = 0.95, majority: float = 0.7, logistic: float | None = 0.02
) -> dict[str, Any]:
    """Return the part of a training report that the gate reads."""
    return {
        "chosen": "best",
        "n_rows": 1000,
        "candidates": [
            {"name": "other", "aurc": 0.5, "accuracy": 0.1},
            {"name": "best", "aurc": aurc, "accuracy": accuracy},
        ],
        "baselines": {
            "majority": {"accuracy": majority, "aurc": 1 - majority},
            "logistic": None if logistic is None else {"aurc": logistic, "accuracy": 0.9},
        },
    }


def against(difference: float, low: float, high: float) -> Comparison:
    """Return a comparison with the champion that came out like this."""
    return Comparison(
        "v1-abc", True, PairedDifference(500, 0.05 + difference, 0.05, difference, low, high), 0.01, 0.01
    )


def refused(*args: Any) -> list[GateCheck]:
    return [check.check for check in checks(*args) if not check.passed]


def test_a_good_first_model_passes_every_check() -> None:
    assert refused(report(), None) == []


def test_a_model_worse_than_the_commonest_label_is_refused() -> None:
    assert refused(report(accuracy=0.69), None) == [GateCheck.MAJORITY]


def test_confidence_that_ranks_like_chance_is_refused() -> None:
    # Errors of 30 % in random order: area .30, its standard error sqrt(.3 * .7 / 1000) = .0145.
    assert refused(report(aurc=0.28, logistic=None), None) == [GateCheck.RANKING]
    assert refused(report(aurc=0.25, logistic=None), None) == []


def test_plain_logistic_regression_must_not_be_better() -> None:
    assert refused(report(aurc=0.02, logistic=0.01), None) == [GateCheck.LOGISTIC]


def test_a_tie_with_logistic_regression_is_no_defeat() -> None:
    assert refused(report(aurc=0.0101, logistic=0.01), None) == []


@pytest.mark.parametrize(
    ("difference", "low", "high"),
    [
        pytest.param(0.002, 0.001, 0.003, id="a little worse, and surely so"),
        pytest.param(0.02, -0.01, 0.05, id="much worse, though not surely"),
    ],
)
def test_a_model_worse_than_the_champion_is_refused(difference: float, low: float, high: float) -> None:
    assert refused(report(), against(difference, low, high)) == [GateCheck.CHAMPION]


@pytest.mark.parametrize(
    ("difference", "low", "high"),
    [
        pytest.param(-0.01, -0.02, -0.005, id="better"),
        pytest.param(MARGIN, -0.01, 0.02, id="worse by no more than chance explains"),
    ],
)
def test_a_model_as_good_as_the_champion_passes(difference: float, low: float, high: float) -> None:
    assert refused(report(), against(difference, low, high)) == []


def test_every_answer_names_its_numbers() -> None:
    words = " ".join(check.words for check in checks(report(), against(0.02, 0.01, 0.03)))
    for number in ("95.0 %", "70.0 %", "500 labels", "7.0 %", "5.0 %", "+2.0 points", "v1-abc"):
        assert number in words


def told_of(**more: Any) -> list[GateCheck]:
    return refused({**report(), **more}, None)


def one_slice(**changes: Any) -> dict[str, Any]:
    worst = {
        "field": "Home", "slice": "Home: rent", "n": 200, "wrong": 0.3, "low": 0.2, "high": 0.4,
        "majority_wrong": 0.45, "surely_worse": -0.2,
    }  # fmt: skip
    return {"n": 1000, "wrong": 0.1, "n_slices": 9, "worst": [{**worst, **changes}]}


def test_a_field_that_holds_the_answer_is_refused_unless_it_is_trusted() -> None:
    leak = {**report(), "lone_fields": [{"field": "closed_as", "right": 0.999}]}
    (check,) = [check for check in checks(leak, None) if not check.passed]
    assert check.check is GateCheck.LEAK
    assert "closed_as" in check.words
    assert "99.9 %" in check.words
    assert [c for c in checks(leak, None, trusted_fields=["closed_as"]) if not c.passed] == []


def test_a_slice_in_which_the_commonest_label_is_surely_better_is_refused() -> None:
    assert told_of(slices=one_slice()) == []
    assert told_of(slices=one_slice(majority_wrong=0.15, surely_worse=0.02)) == [GateCheck.SLICES]
    assert told_of(slices=one_slice(majority_wrong=0.29, surely_worse=0.004)) == []  # not worth a refusal
    assert told_of(slices=one_slice(field="", majority_wrong=0.0)) == []  # a label is no kind of case


def test_the_operator_may_set_a_ceiling_for_every_slice() -> None:
    asked = {**report(), "slices": one_slice()}
    assert [c.check for c in checks(asked, None, most_wrong_in_a_slice=15.0) if not c.passed] == [
        GateCheck.SLICES
    ]
    assert [c for c in checks(asked, None, most_wrong_in_a_slice=25.0) if not c.passed] == []


def test_a_person_whose_labels_spoil_the_model_is_named() -> None:
    one = {
        "person": "dan", "n": 148, "wrong_with": 0.1, "wrong_without": 0.04, "low": 0.03, "high": 0.09,
        "contradicted": 0.97, "others_contradicted": 0.04, "contradiction_low": 0.8, "spoils": True,
    }  # fmt: skip
    people = {"n_people": 4, "left_out": [one]}
    (check,) = [c for c in checks({**report(), "people": people}, None) if not c.passed]
    for words in ("dan", "148", "97.0 %", "4.0 % of everybody else's instead of 10.0 %"):
        assert words in check.words
    assert told_of(people={"n_people": 4, "left_out": [{**one, "spoils": False}]}) == []
    assert told_of(people={"n_people": 0, "left_out": []}) == []
