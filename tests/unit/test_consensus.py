"""When people have said enough about a case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.types import Purpose
from reviews.consensus import Ask, Settled, next_step

LABELS = st.sampled_from(["a", "b", "c"])


@pytest.mark.parametrize(
    ("answers", "required", "expected"),
    [
        (["a"], 1, "a"),
        (["a"], 2, Purpose.SECOND),
        (["a", "a"], 2, "a"),
        (["a", "b"], 2, Purpose.ADJUDICATION),
        (["a", "b", "c"], 2, "c"),
        (["a", "a", "b"], 3, Purpose.ADJUDICATION),
        (["a", "a", "b", "b"], 3, "b"),
    ],
)
def test_a_review_needs_its_people_to_agree_or_an_adjudicator(answers, required, expected) -> None:
    step = next_step(answers, required=required)
    assert (step.label if isinstance(step, Settled) else step.purpose) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["m"], "m"),
        (["a"], Purpose.SECOND),
        (["a", "a"], "a"),
        (["a", "m"], Purpose.ADJUDICATION),
        (["m", "a"], Purpose.ADJUDICATION),
        (["m", "m"], "m"),
        (["m", "a", "a"], "a"),
        (["m", "a", "m"], "m"),
        (["a", "b"], Purpose.ADJUDICATION),
        (["a", "m", "m"], "m"),
        (["a", "m", "a"], "a"),
        (["a", "b", "b"], "b"),
        (["a", "b", "c"], "c"),
        (["a", "b", "m"], "b"),
        (["a", "m", "b"], "b"),
    ],
)
def test_an_audit_is_settled_by_agreement_or_by_two_of_three(answers, expected) -> None:
    step = next_step(answers, required=1, judged=["m"])
    assert (step.label if isinstance(step, Settled) else step.purpose) == expected


@given(
    st.lists(LABELS, min_size=1, max_size=9),
    st.integers(1, 9),
    st.sampled_from([None, ["a"], ["b"], ["a", "b"]]),
)
def test_asking_on_and_on_always_ends(answers, required, judged) -> None:
    for asked in range(1, len(answers) + 1):
        if isinstance(next_step(answers[:asked], required=required, judged=judged), Settled):
            break
    else:
        assert len(answers) < (3 if judged else required + 1)


@given(st.lists(LABELS, min_size=3, max_size=3), LABELS)
def test_an_audit_counts_as_wrong_exactly_when_most_people_said_so(answers, judged) -> None:
    step = None
    for asked in range(1, 4):
        step = next_step(answers[:asked], required=1, judged=[judged])
        if isinstance(step, Settled):
            break
    assert isinstance(step, Settled)
    if answers[0] == judged:
        assert step.label == judged  # one who agrees suffices
    else:
        assert (step.label != judged) == (sum(a != judged for a in answers) >= 2)


def test_an_answer_that_is_not_what_all_the_models_said_needs_a_second() -> None:
    assert next_step(["a"], required=1, judged=["a", "a"]) == Settled("a")
    for first in ("a", "b", "c"):
        assert next_step([first], required=1, judged=["a", "b"]) == Ask(Purpose.SECOND)
        assert next_step([first, first], required=1, judged=["a", "b"]) == Settled(first)


def test_nobody_asked_settles_nothing() -> None:
    with pytest.raises(ValueError, match="nobody"):
        next_step([], required=1)
    assert isinstance(next_step(["a"], required=2), Ask)
