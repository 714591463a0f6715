"""A share of the audits that agree with the model is read by a second person, blind, and tells nobody so."""

from datetime import timedelta

import pytest

from hitl.flow.settling.undo import undo_review
from hitl.shared.ids import new_id
from reviews.models import PersonSkills, ReviewRules, Task
from reviews.review_chances import is_read_twice
from reviews.selectors import leased_task_of
from tests.support.factories import NOW, person
from tests.support.review_rows import adjudicator, audited, claim, say, submit

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)


def test_an_agreeing_audit_that_is_drawn_counts_only_when_it_was_read_twice() -> None:
    case = audited(second_read_share=1.0)
    first, second = person(), person()
    assert say(first, "spam").label is None
    assert not case.labels.exists()
    assert Task.objects.get(purpose="second").reasons == ["second"]
    assert say(second, "spam").label == "spam"
    label = case.labels.get(superseded_at=None)
    assert (label.label, label.purpose, label.is_blind) == ("spam", "audit", True)
    assert not case.decisions.filter(sequence=1).exists()


@pytest.mark.parametrize(("third", "stands"), [("spam", "spam"), ("ham", "ham")])
def test_where_the_second_differs_two_of_three_decide(third: str, stands: str) -> None:
    case = audited(second_read_share=1.0)
    first, second = person(), person()
    say(first, "spam")
    assert say(second, "ham").label is None
    assert Task.objects.get(purpose="adjudication").reasons == ["disagreement"]
    assert say(adjudicator(), third).label == stands
    case.refresh_from_db()
    assert case.answer == stands


def test_three_answers_without_a_majority_count_against_the_model() -> None:
    case = audited(second_read_share=1.0)
    first, second = person(), person()
    say(first, "spam")
    say(second, "ham")
    label = say(adjudicator(), "unsure" if "unsure" in _labels(case) else "ham").label
    assert label != "spam"


def _labels(case) -> list[str]:
    return case.workflow.schemas.get(number=1).label_names


def test_a_second_read_looks_like_a_case_that_came_in_just_now() -> None:
    case = audited(second_read_share=1.0)
    first, second = person(), person()
    leased = claim(first, at=LATER)
    submit(lease_token=leased.lease_token, label="spam", actor=first.as_actor(), now=LATER)
    again = claim(second, at=LATER)
    assert again.case_id == case.pk
    hours = ReviewRules.objects.get(workflow=case.workflow).due_hours
    assert (again.received_at, again.due_at) == (LATER, LATER + timedelta(hours=hours))
    assert (again.mode, again.suggestion, again.release_id) == ("blind", None, None)
    assert again.due_at - again.received_at == leased.due_at - leased.received_at


def test_taking_the_first_answer_back_asks_nobody_else_and_giving_it_again_does() -> None:
    audited(second_read_share=1.0)
    first, _ = person(), person()
    leased = claim(first)
    submit(lease_token=leased.lease_token, label="spam", actor=first.as_actor(), now=NOW)
    token = undo_review(lease_token=leased.lease_token, actor=first.as_actor(), now=NOW)
    assert Task.objects.get(purpose="second").status == "dropped"
    assert leased_task_of(first.as_actor(), now=NOW).lease_token == token
    submit(lease_token=token, label="spam", actor=first.as_actor(), now=NOW)
    assert Task.objects.get(purpose="second").status == "waiting"


def test_nobody_is_waited_for_where_there_is_nobody_else() -> None:
    case = audited(second_read_share=1.0, skills=["mail"])
    only, _ = person(), person()
    PersonSkills.objects.create(person=only, skills=["mail"])
    assert say(only, "spam").label == "spam"
    assert case.labels.exists()


def test_the_share_of_the_rules_decides_and_defaults_to_one_in_twenty() -> None:
    case = audited(second_read_share=0.0)
    assert say(person(), "spam").label == "spam"
    assert ReviewRules().second_read_share == 0.05
    assert case.labels.exists()


@pytest.mark.dice
def test_the_draw_belongs_to_case_and_epoch_and_keeps_to_the_share() -> None:
    ids = [new_id() for _ in range(4000)]
    drawn = [is_read_twice(case_id, 1, 0.05) for case_id in ids]
    assert drawn == [is_read_twice(case_id, 1, 0.05) for case_id in ids]
    assert drawn != [is_read_twice(case_id, 2, 0.05) for case_id in ids]
    assert 100 < sum(drawn) < 320  # 200 in the mean, 13.8 the deviation: 7 of them
    assert not any(is_read_twice(case_id, 1, 0.0) for case_id in ids)
