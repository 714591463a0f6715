"""What an adjudicator sees: the answers that disagree, and nothing that tells whose they are or what the
model said."""

import re
from datetime import timedelta
from hashlib import sha256

import pytest
from django.test import Client

from cases.models import Case
from hitl.accounts.models import User
from hitl.shared import clock
from reviews.models import Review
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import adjudicator, audited, review_workflow, say, suggest, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def still_clock() -> None:
    clock.use(lambda: NOW)


def stage_of(user: User) -> str:
    client = Client(headers={"X-Desk": "1"})
    client.force_login(user)
    return client.post("/review/next/").content.decode()


def disputed(case: Case, first: str, second: str) -> list[User]:
    people = [person(), person()]
    for user, label in zip(people, (first, second), strict=True):
        say(user, label, comment=f"Because of {label}")
    return people


def say_so(judge: User, page: str) -> None:
    client = Client(headers={"X-Desk": "1"})
    client.force_login(judge)
    lease = re.search(r'data-lease="([^"]+)"', page)
    assert lease
    client.post("/review/answer/", {"lease": lease[1], "label": "ham", "stay": "1"})


def told(page: str) -> str:
    found = re.search(r"data-earlier>(.*?)</section>", page, re.DOTALL)
    assert found, "no earlier answers are shown"
    return found[1]


def test_both_answers_stand_side_by_side_without_names() -> None:
    workflow = review_workflow(reviews_required=2)
    people = disputed(waiting(workflow)[0], "spam", "ham")
    earlier = told(stage_of(adjudicator()))
    assert set(re.findall(r"Reviewer (\w)", earlier)) == {"A", "B"}
    assert "Because of spam" in earlier
    assert "Because of ham" in earlier
    assert not any(user.username in earlier for user in people)


def test_a_disputed_audit_looks_like_any_other_disputed_case() -> None:
    workflow = automating_workflow()
    case = audited(workflow, reviews_required=2)
    disputed(case, "ham", "spam")
    audit = stage_of(adjudicator())
    other = waiting(workflow)[0]
    suggest(other, workflow.releases.get(), label="spam", confidence=0.7, runner_up="ham")
    disputed(other, "ham", "spam")
    plain = stage_of(adjudicator())
    assert sorted(re.findall(r"<strong[^>]*>(\w+)", told(audit))) == ["ham", "spam"]
    assert {line.strip() for line in told(audit).splitlines() if "Reviewer" not in line} == {
        line.strip() for line in told(plain).splitlines() if "Reviewer" not in line
    }
    assert not re.search(r"data-suggestion(?![-\w])", plain)
    assert "data-evidence-url" not in plain


def test_the_order_of_the_letters_is_drawn_and_not_that_of_the_answers() -> None:
    workflow = review_workflow(reviews_required=2)
    for n in range(3):
        case = waiting(workflow, at=NOW + timedelta(seconds=n))[0]
        disputed(case, "spam", "ham")
        drawn = sorted(case.reviews.all(), key=lambda r: sha256(b"adjudication|" + r.pk.bytes).digest())
        judge = adjudicator()
        page = stage_of(judge)
        assert re.findall(r"<strong[^>]*>(\w+)", told(page)) == [review.label for review in drawn]
        say_so(judge, page)


def test_nobody_else_sees_what_was_said_before() -> None:
    workflow = review_workflow(reviews_required=2)
    waiting(workflow)
    say(person(), "spam", comment="Because of spam")
    second = person("reviewer", "adjudicator")
    assert "data-earlier" not in stage_of(second)
    assert Review.objects.count() == 1
