"""The demo's check of the desk: it accepts every answer that did what it must, and no other."""

from typing import Any

import pytest

from cases.models import Case, Label
from hitl.demo.answers import wrong_outcomes
from reviews.models import Review, Task
from tests.support.case_rows import waiting_case
from tests.support.factories import person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import adjudicator, audited, review_workflow, say, waiting

pytestmark = pytest.mark.django_db
RAMP = {"reason": "ramp", "predicted": "spam"}
BREAKER_ABOVE = {"reason": "breaker", "predicted": "spam", "score": 0.99}
BREAKER_BELOW = {"reason": "breaker", "predicted": "spam", "score": 0.5}


def plain(**rules: Any) -> None:
    """Let a case wait that the model knows nothing of."""
    waiting(review_workflow(**rules))


def held_back(routing: dict[str, Any]) -> None:
    """Let a case wait that the model would have decided, or not."""
    waiting_case(automating_workflow(), {"body": "One for people"}, routing=routing)


def wrong() -> list[str]:
    """Return what the check has against the answers there are."""
    reviews = Review.objects.select_related("case", "task__workflow__review_rules")
    return list(wrong_outcomes(reviews))


@pytest.mark.parametrize(
    ("make", "settles"),
    [
        (plain, {"ham", "spam"}),
        (lambda: audited(second_read_share=0.0), {"spam"}),
        (lambda: audited(second_read_share=1.0), set()),
        (lambda: held_back(RAMP), {"spam"}),
        (lambda: held_back(BREAKER_ABOVE), {"spam"}),
        (lambda: held_back(BREAKER_BELOW), {"ham", "spam"}),
    ],
    ids=["plain", "audit", "audit read twice", "ramp", "breaker above", "breaker below"],
)
@pytest.mark.parametrize("label", ["ham", "spam"])
def test_an_answer_makes_a_label_or_somebody_else_is_asked_and_either_is_right(
    make: Any, settles: set[str], label: str
) -> None:
    make()
    first, _somebody_else = person(), person()
    assert (say(first, label).label is not None) == (label in settles)
    assert Label.objects.exists() == (label in settles)
    assert wrong() == []


def test_an_audit_to_be_read_twice_where_nobody_else_is_there_is_settled_by_one_who_agrees() -> None:
    audited(second_read_share=1.0)
    assert say(person(), "spam").label == "spam"
    assert wrong() == []


@pytest.mark.parametrize("third", ["ham", "spam"])
def test_what_two_of_three_settle_is_right_as_well(third: str) -> None:
    audited(second_read_share=0.0)
    say(person(), "ham")
    say(person(), "spam")
    last = say(adjudicator(), third)
    reviews = Review.objects.filter(pk=last.review.pk).select_related("case", "task__workflow__review_rules")
    assert list(wrong_outcomes(reviews)) == []


@pytest.mark.parametrize(
    ("label", "spoil", "words"),
    [
        ("spam", lambda: Label.objects.all().delete(), "label spam should follow"),
        ("spam", lambda: Label.objects.update(label="ham"), "labels ['ham'] were made"),
        ("spam", lambda: Label.objects.update(review_id=None), "label spam should follow"),
        ("spam", lambda: Case.objects.update(answer="ham"), "not as spam"),
        (
            "ham",
            lambda: Task.objects.filter(status="waiting").delete(),
            "another person second should follow",
        ),
        ("ham", lambda: Task.objects.filter(status="waiting").update(purpose="audit"), "['audit']"),
    ],
    ids=["no label", "another label", "of nobody", "another answer", "nobody asked", "for another purpose"],
)
def test_what_an_answer_should_have_done_and_did_not_is_named(label: str, spoil: Any, words: str) -> None:
    audited(second_read_share=0.0)
    say(person(), label)
    assert wrong() == []
    spoil()
    (found,) = wrong()
    assert words in found
