"""Reviewers learn nothing from list and page that the desk keeps from them."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from cases.models import Case, Workflow
from cases.types import CaseStatus
from hitl.accounts.models import ApiKey, User
from hitl.accounts.types import Role
from hitl.outbox.events import News, emit
from hitl.outbox.models import Endpoint
from hitl.shared import clock
from reviews.types import TaskReason
from tests.support import case_rows
from tests.support.case_rows import answer, automatic_case, waiting_case
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
BODY = {"body": "Dear friend, a prize waits for you."}
# What the model did, in every form in which a page might let it slip.
TELLTALES = (
    "0.98",
    "0.61",
    "98.",
    "61.",
    "utomatic",
    "udit",
    "release",
    "Predicted",
    "Score",
    "cutoff",
    "certificate",
)
HELD_BACK = {"reason": "ramp", "predicted": "ham", "score": 0.96}  # while a certificate is provisional


@pytest.fixture(autouse=True)
def still_clock() -> None:
    clock.use(lambda: LATER)


@pytest.fixture
def workflow() -> Workflow:
    return automating_workflow()


@pytest.fixture
def reviewer(client: Client) -> User:
    user = person(Role.REVIEWER, username="grace")
    client.force_login(user)
    return user


def masked(html: str, case: Case) -> str:
    """Return the page without what differs from case to case and from call to call by nature."""
    html = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", html)
    html = re.sub(r'"X-CSRFToken": "[^"]+"', "", html)
    return html.replace(str(case.pk), "ID").replace(str(case.pk)[:8], "ID8")


def page_of(client: Client, case: Case) -> str:
    return client.get(f"/cases/{case.pk}/").content.decode()


def main_of(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


def row_of(client: Client, case: Case, **params: str) -> str | None:
    html = client.get("/cases/", params).content.decode()
    rows = [row for row in html.split("<tr>")[1:] if f"/cases/{case.pk}/" in row]
    return masked(rows[0].split("</tr>")[0], case) if rows else None


def test_an_open_audit_looks_to_a_reviewer_like_a_case_the_model_left_to_people(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    waiting = waiting_case(workflow, BODY)
    audit = automatic_case(workflow, BODY, "spam", audited=True)
    other = automatic_case(workflow, BODY, "ham", audited=True)
    assert masked(page_of(client, audit), audit) == masked(page_of(client, waiting), waiting)
    assert masked(page_of(client, other), other) == masked(page_of(client, waiting), waiting)
    assert row_of(client, audit) == row_of(client, waiting)


def test_no_byte_of_an_open_case_depends_on_the_score(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    pages = set()
    for label, proba in (("ham", [0.99, 0.01]), ("spam", [0.01, 0.99]), (None, None)):
        case = _with_routing(workflow, label, proba)
        pages.add(masked(page_of(client, case), case))
    assert len(pages) == 1


def _with_routing(workflow: Workflow, predicted: str | None, proba: list[float] | None) -> Case:
    """Return a waiting case whose stored model output is this."""
    case = case_rows._case(workflow, BODY, NOW)
    case_rows._decision(
        case,
        sequence=0,
        route="review",
        reason="below_cutoff" if proba else "no_score",
        predicted=predicted,
        proba=proba,
        score=max(proba) if proba else None,
    )
    case_rows._task(case, "review", ["uncertain"], NOW)
    return case


@pytest.mark.parametrize("reason", TaskReason)
def test_why_somebody_is_asked_is_on_no_page_of_a_reviewer(
    client: Client, workflow: Workflow, reviewer: User, reason: TaskReason
) -> None:
    plain, other = waiting_case(workflow, BODY), waiting_case(workflow, BODY)
    other.tasks.update(reasons=[reason])
    assert masked(page_of(client, other), other) == masked(page_of(client, plain), plain)
    assert row_of(client, other) == row_of(client, plain)
    desk = client.get("/review/").content.decode()
    assert reason.label not in desk


def test_no_filter_tells_an_open_audit_from_a_waiting_case(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    waiting = waiting_case(workflow, BODY)
    audit = automatic_case(workflow, BODY, "spam", audited=True)
    for params in (
        {"status": "waiting"},
        {"status": "decided"},
        {"status": "withdrawn"},
        {"answer": "spam"},
        {"answer": "ham"},
        {"decided_by": "model"},
        {"decided_by": "person"},
        {"status": "decided", "answer": "spam", "decided_by": "model"},
        {"workflow": workflow.slug, "status": "waiting", "answer": "spam"},
    ):
        assert row_of(client, audit, **params) == row_of(client, waiting, **params), params
    assert row_of(client, waiting, status="waiting") is not None


def test_an_answered_audit_looks_like_any_answered_case(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    ada = person(Role.REVIEWER, username="ada")
    asked, asked_twice = waiting_case(workflow, BODY), waiting_case(workflow, BODY, routing=HELD_BACK)
    asked_twice.tasks.update(mode="blind")
    agreed = automatic_case(workflow, BODY, "spam", audited=True)
    upheld = automatic_case(workflow, BODY, "ham", audited=True)
    for case in (asked, asked_twice, agreed, upheld):
        answer(case, reviewer, "spam")
    for case in (asked_twice, upheld):
        answer(case, ada, "spam", after=3)
    for like, case in ((asked, agreed), (asked_twice, upheld)):
        expected = masked(page_of(client, like), like)
        assert "Answered spam" in expected
        assert masked(page_of(client, case), case) == expected
        assert row_of(client, case) == row_of(client, like)
        for params in (
            {"status": "decided"},
            {"decided_by": "person"},
            {"decided_by": "model"},
            {"answer": "spam"},
        ):
            assert row_of(client, case, **params) == row_of(client, like, **params), params


def test_what_another_reviewer_answered_is_not_shown_while_the_case_is_open(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    untouched = waiting_case(workflow, BODY)
    case = waiting_case(workflow, BODY)
    answer(case, person(Role.REVIEWER, username="ada"), "spam")
    Case.objects.filter(pk=case.pk).update(
        status=CaseStatus.WAITING, answer=None
    )  # a second answer is wanted
    case.refresh_from_db()
    assert masked(page_of(client, case), case) == masked(page_of(client, untouched), untouched)


def test_nothing_of_the_model_is_anywhere_on_an_open_case(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    Endpoint.objects.create(name="shop", url="https://shop.example/", secrets=["x"], created_at=NOW)
    case = automatic_case(workflow, BODY, "spam", audited=True)
    emit([News("case.decided", case.pk, workflow.pk, NOW, {"answer": "spam"})])
    html = main_of(page_of(client, case))
    assert [word for word in (*TELLTALES, "spam", "case.decided") if word in html] == []


def test_who_submitted_a_known_answer_case_is_not_told(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    key = ApiKey.objects.create(
        name="shop backend", prefix="hitl_x", secret_hash=b"x", scopes=["submit"], created_at=NOW
    )
    plain = waiting_case(workflow, BODY, key=key)
    known = waiting_case(workflow, BODY, origin="known_answer")
    assert masked(page_of(client, plain), plain) == masked(page_of(client, known), known)


def test_a_case_nobody_was_asked_about_shows_the_model_s_part_to_reviewers(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    case = automatic_case(workflow, BODY, "spam")
    assert "Decided automatically: spam" in page_of(client, case)
    assert row_of(client, case, decided_by="model") is not None
    assert row_of(client, case, decided_by="person") is None


@pytest.mark.parametrize("role", [Role.LEAD, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR])
@pytest.mark.parametrize("also", [(), (Role.REVIEWER,)])
def test_whoever_watches_over_the_service_sees_everything(
    client: Client, workflow: Workflow, role: str, also: tuple[str, ...]
) -> None:
    client.force_login(person(role, *also))
    html = page_of(client, automatic_case(workflow, BODY, "spam", audited=True))
    for words in (
        "Decided automatically: spam",
        "0.9877, cutoff 0.9000",
        "drawn for an audit",
        "audit of an automatic",
    ):
        assert words in html


def test_an_adjudicator_is_kept_as_blind_as_a_reviewer(client: Client, workflow: Workflow) -> None:
    client.force_login(person(Role.ADJUDICATOR))
    html = main_of(page_of(client, automatic_case(workflow, BODY, "spam", audited=True)))
    assert "spam" not in html


def test_the_parts_fetched_by_htmx_are_as_blind_as_the_page(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    automatic_case(workflow, BODY, "spam", audited=True)
    answered = client.get("/cases/", headers={"HX-Request": "true"})
    html = answered.content.decode()
    assert "<html" not in html
    assert "waiting" in html
    assert "spam" not in html
