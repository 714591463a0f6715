"""A blind answer of a case that the model was kept from deciding judges the model: two of three settle it."""

from typing import Any

import pytest

from cases.models import Case, Workflow
from hitl.flow.settling.answer import answer_batch
from reviews.models import ReviewRules, Task
from reviews.services.answers import Answer
from tests.support.case_rows import waiting_case
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import adjudicator, say

pytestmark = pytest.mark.django_db

HELD_BACK = {"route": "review", "reason": "ramp", "score": 0.97}
STOPPED = {"route": "breaker_review", "reason": "breaker", "score": 0.97}
UNSURE = {"route": "review", "reason": "below_cutoff", "score": 0.6}
STOPPED_UNSURE = STOPPED | {"score": 0.6}


def kept_back(routing: dict[str, Any], *, mode: str = "blind", **rules: Any) -> Case:
    """Return a case that waits for a person, which the model calls spam."""
    workflow: Workflow = automating_workflow()
    ReviewRules.objects.get_or_create(workflow=workflow, defaults=rules)
    case = waiting_case(
        workflow, {"body": "A case"}, routing=routing | {"predicted": "spam", "inclusion_probability": 0.76}
    )
    case.tasks.update(mode=mode, inclusion_probability=0.76)
    return case


def answered(case: Case, label: str, in_batch: bool) -> str | None:
    """Let somebody who has not answered the case yet answer it; return what it counts as then."""
    if not in_batch:
        return say(person(), label).label
    task = case.tasks.get(status="waiting")
    given = {task.pk: Answer(label)}
    return answer_batch(by_task=given, actor=person().as_actor(), since=NOW, now=NOW).labels[task.pk]


@pytest.mark.parametrize("in_batch", [False, True])
@pytest.mark.parametrize("routing", [HELD_BACK, STOPPED])
def test_an_answer_against_the_model_is_read_again(routing: dict[str, Any], in_batch: bool) -> None:
    case = kept_back(routing)
    assert answered(case, "ham", in_batch) is None
    assert not case.labels.exists()
    assert Task.objects.get(case=case, purpose="second").mode == "blind"
    assert answered(case, "spam", in_batch) is None
    assert say(adjudicator(), "spam").label == "spam"
    label = case.labels.get(superseded_at=None)
    assert (label.label, label.is_blind, label.purpose, label.inclusion_probability) == (
        "spam",
        True,
        "review",
        0.76,
    )
    case.refresh_from_db()
    assert (case.status, case.answer) == ("decided", "spam")


@pytest.mark.parametrize("in_batch", [False, True])
def test_two_against_the_model_settle_it(in_batch: bool) -> None:
    case = kept_back(HELD_BACK)
    answered(case, "ham", in_batch)
    assert answered(case, "ham", in_batch) == "ham"


@pytest.mark.parametrize("in_batch", [False, True])
def test_one_who_agrees_settles_it_and_nobody_reads_it_twice(in_batch: bool) -> None:
    assert answered(kept_back(HELD_BACK, second_read_share=1.0), "spam", in_batch) == "spam"


@pytest.mark.parametrize("in_batch", [False, True])
@pytest.mark.parametrize("routing", [UNSURE, STOPPED_UNSURE])
def test_an_answer_of_what_no_certificate_speaks_of_settles_its_case(
    routing: dict[str, Any], in_batch: bool
) -> None:
    assert answered(kept_back(routing), "ham", in_batch) == "ham"


def test_an_answer_in_sight_of_the_suggestion_judges_nobody() -> None:
    assert answered(kept_back(STOPPED, mode="assisted"), "ham", in_batch=True) == "ham"
