"""What of the model is shown and when, and what may be said beside a label."""

from collections import Counter
from typing import Any

import pytest

from cases.models import Case
from hitl.accounts.models import User
from hitl.flow.settling.amend import amend_answer
from hitl.flow.settling.undo import undo_review
from hitl.shared.errors import Invalid
from reviews.details import check_marks
from reviews.errors import AlreadyAnswered, LeaseExpired, UnknownLabel
from reviews.models import Review, Task
from reviews.selectors import LeasedTask, leased_task_of
from reviews.services.answers import answer_first
from reviews.services.leases import give_back
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import claim, review_workflow, submit, suggest, waiting

pytestmark = pytest.mark.django_db
CODES = {"spam": [{"code": "lottery", "words": "A lottery", "required": True}, {"code": "other"}]}


def first_to_decide(**fields: Any) -> tuple[Case, User, LeasedTask]:
    """Return a case that is to be answered before its suggestion is shown, in somebody's hands."""
    workflow = automating_workflow()
    case = waiting(workflow)[0]
    suggest(case, workflow.releases.get(), label="spam", confidence=0.72, runner_up="ham")
    case.tasks.update(mode="decide_first", inclusion_probability=0.2, **fields)
    reviewer = person()
    return case, reviewer, claim(reviewer)


def test_nothing_of_the_model_is_there_until_the_first_answer() -> None:
    _, reviewer, leased = first_to_decide()
    assert leased.answers_first
    assert (leased.suggestion, leased.confidence, leased.runner_up, leased.release_id) == (None,) * 4
    shown = answer_first(lease_token=leased.lease_token, label="ham", actor=reviewer.as_actor(), now=NOW)
    assert (shown.first_label, shown.suggestion, shown.confidence) == ("ham", "spam", 0.72)
    again = answer_first(lease_token=leased.lease_token, label="ham", actor=reviewer.as_actor(), now=NOW)
    assert again == shown == leased_task_of(reviewer.as_actor(), now=NOW)


def test_the_first_answer_stands_once_the_suggestion_was_seen() -> None:
    _, reviewer, leased = first_to_decide()
    sent = {"lease_token": leased.lease_token, "now": NOW}
    with pytest.raises(UnknownLabel):
        answer_first(label="eggs", actor=reviewer.as_actor(), **sent)
    with pytest.raises(LeaseExpired):
        answer_first(label="ham", actor=person().as_actor(), **sent)
    answer_first(label="ham", actor=reviewer.as_actor(), **sent)
    with pytest.raises(AlreadyAnswered):
        answer_first(label="spam", actor=reviewer.as_actor(), **sent)


def test_what_is_kept_after_the_reveal_is_blind_and_what_is_changed_is_not() -> None:
    case, reviewer, leased = first_to_decide()
    actor = reviewer.as_actor()
    answer_first(lease_token=leased.lease_token, label="ham", actor=actor, now=NOW)
    submit(lease_token=leased.lease_token, label="spam", actor=actor, now=NOW)
    review = Review.objects.get()
    assert (review.first_label, review.label, review.mode) == ("ham", "spam", "decide_first")
    rows = case.labels.order_by("id").values_list("label", "is_blind", "inclusion_probability")
    assert list(rows) == [("ham", True, 0.2), ("spam", False, 0.2)]
    assert case.labels.get(superseded_at=None).label == "spam"
    assert not case.decisions.get(sequence=1).is_blind


def test_taking_a_changed_answer_back_leaves_no_label() -> None:
    case, reviewer, leased = first_to_decide()
    actor = reviewer.as_actor()
    answer_first(lease_token=leased.lease_token, label="ham", actor=actor, now=NOW)
    submit(lease_token=leased.lease_token, label="spam", actor=actor, now=NOW)
    token = undo_review(lease_token=leased.lease_token, actor=actor, now=NOW)
    assert not case.labels.filter(superseded_at=None).exists()
    submit(lease_token=token, label="ham", actor=actor, now=NOW)
    current = case.labels.get(superseded_at=None)
    assert (current.label, current.is_blind) == ("ham", True)


def test_who_answers_at_once_has_seen_nothing() -> None:
    case, reviewer, leased = first_to_decide()
    submit(lease_token=leased.lease_token, label="spam", actor=reviewer.as_actor(), now=NOW)
    assert Review.objects.get().first_label == "spam"
    assert case.labels.get().is_blind
    assert case.decisions.get(sequence=1).is_blind


def test_somebody_else_answers_first_for_themselves() -> None:
    _, reviewer, leased = first_to_decide()
    actor = reviewer.as_actor()
    answer_first(lease_token=leased.lease_token, label="ham", actor=actor, now=NOW)
    give_back(lease_token=leased.lease_token, actor=actor, now=NOW)
    other = person()
    theirs = claim(other)
    assert theirs.answers_first
    give_back(lease_token=theirs.lease_token, actor=other.as_actor(), now=NOW)
    assert Task.objects.get().first_label is None


def test_who_has_seen_the_suggestion_does_not_answer_first_again() -> None:
    _, reviewer, leased = first_to_decide()
    actor = reviewer.as_actor()
    answer_first(lease_token=leased.lease_token, label="ham", actor=actor, now=NOW)
    give_back(lease_token=leased.lease_token, actor=actor, now=NOW)
    assert claim(reviewer).first_label == "ham"


def answered(reviewer: User, label: str = "spam", **said: Any) -> Review:
    """Answer the next case with what is said beside the label."""
    token = claim(reviewer).lease_token
    return submit(lease_token=token, label=label, actor=reviewer.as_actor(), now=NOW, **said).review


def test_a_required_reason_is_asked_for_on_the_server() -> None:
    waiting(review_workflow(reason_codes=CODES), 2)
    reviewer = person()
    leased = claim(reviewer)
    send = {"lease_token": leased.lease_token, "actor": reviewer.as_actor(), "now": NOW}
    for label, code in (("spam", ""), ("spam", "weather"), ("ham", "lottery")):
        with pytest.raises(Invalid) as refused:
            submit(label=label, reason_code=code, **send)
        assert refused.value.facts["errors"][0]["field"] == "reason_code"
    submit(label="spam", reason_code="other", **send)
    assert Review.objects.get().reason_code == "other"
    assert submit(label="spam", reason_code="other", **send).is_replay
    with pytest.raises(AlreadyAnswered):
        submit(label="spam", reason_code="lottery", **send)
    assert answered(reviewer, "ham").reason_code == ""


def test_an_answer_changed_later_says_why_in_words_instead() -> None:
    case = waiting(review_workflow(reason_codes=CODES))[0]
    reviewer = person()
    answered(reviewer, "ham")
    amend_answer(case_id=case.pk, label="spam", reason="Looked again", actor=reviewer.as_actor(), now=NOW)
    case.refresh_from_db()
    assert case.answer == "spam"


def test_marks_and_flags_are_kept_as_they_were_made() -> None:
    workflow = automating_workflow()
    case = waiting(workflow)[0]
    suggest(case, workflow.releases.get(), label="spam", confidence=0.72, runner_up="ham")
    marks = [
        {"field": "body", "kind": "region", "x": 0.25, "y": 0, "width": 0.75, "height": 1, "note": "here"},
        {"field": "body", "kind": "range", "start": 0.5, "end": 2},
        {"field": "body", "kind": "span", "start": 0, "end": 7},
    ]
    flags = [{"field": "body", "place": "0-7", "verdict": "misled"}]
    review = answered(person(), marks=marks, flags=flags)
    review.refresh_from_db()
    assert (review.marks, review.flags) == (marks, flags)


@pytest.mark.parametrize(
    ("marks", "flags", "field"),
    [
        ([{"field": "body", "kind": "blot"}], [], "marks[0].kind"),
        ([{"field": "x", "kind": "range", "start": 0, "end": 1}], [], "marks[0].field"),
        ([{"field": "body", "kind": "range", "start": 2, "end": 1}], [], "marks[0].start"),
        ([{"field": "body", "kind": "range", "start": 0, "end": float("inf")}], [], "marks[0].start"),
        ([{"field": "body", "kind": "span", "start": 0.5, "end": 1}], [], "marks[0].start"),
        (
            [{"field": "body", "kind": "region", "x": 0.9, "y": 0, "width": 0.2, "height": 1}],
            [],
            "marks[0].x",
        ),
        ([{"field": "body", "kind": "range", "start": 0, "end": 1, "colour": "red"}], [], "marks[0].colour"),
        ([{"field": "body", "kind": "range", "start": 0, "end": 1}] * 101, [], "marks"),
        ([], [{"field": "body", "place": "", "verdict": "helped"}], "flags[0]"),
        (["mark"], [], "marks[0].kind"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_saved(
    marks: list[Any], flags: list[Any], field: str
) -> None:
    waiting(review_workflow())  # blind: there are no highlights to speak of
    with pytest.raises(Invalid) as refused:
        answered(person(), marks=marks, flags=flags)
    assert refused.value.facts["errors"][0]["field"] == field
    assert not Review.objects.exists()


def test_every_mark_that_does_not_fit_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        check_marks([{"kind": "x"}, {"kind": "y"}], ["body"])
    assert Counter(e["field"] for e in refused.value.facts["errors"]) == {
        "marks[0].kind": 1,
        "marks[1].kind": 1,
    }
