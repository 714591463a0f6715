"""What whoever only reviews sees of cases on list and page: their content and the person's own answers."""

from datetime import timedelta

import pytest
from django.test import Client

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.outbox.events import News, emit
from hitl.outbox.models import Endpoint
from hitl.shared import clock
from reviews.types import TaskReason
from tests.support.case_rows import answer, automatic_case, waiting_case
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
BODY = {"body": "Dear friend, a prize waits for you."}
# What the model did, in every form in which a page might let it slip.
TELLTALES = ("0.98", "0.61", "98.", "61.", "utomatic", "udit", "elease", "Predicted", "Score", "cutoff")
ALSO = ("certificate", "ecided", "aits for a", "chance", "shop", "case.decided", *map(str, TaskReason.labels))


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


def main_of(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


@pytest.mark.parametrize("roles", [(Role.REVIEWER,), (Role.ADJUDICATOR,), (Role.BATCHER,)])
@pytest.mark.parametrize("is_answered", [False, True])
def test_nothing_of_the_model_of_others_or_of_subscribers_is_on_any_case(
    client: Client, workflow: Workflow, roles: tuple[Role, ...], is_answered: bool
) -> None:
    user = person(*roles)
    client.force_login(user)
    Endpoint.objects.create(name="shop", url="https://shop.example/", secrets=["x"], created_at=NOW)
    cases = [
        automatic_case(workflow, BODY, "spam"),
        automatic_case(workflow, BODY, "spam", audited=True),
        waiting_case(workflow, BODY, origin="known_answer"),
    ]
    for case in cases:
        emit([News("case.decided", case.pk, workflow.pk, NOW, {"answer": "spam"})])
    if is_answered:
        for case in cases[1:]:
            answer(case, person(username=f"other-{case.pk}"), "spam")
    pages = [main_of(client.get(f"/cases/{case.pk}/").content.decode()) for case in cases]
    pages.append(client.get("/cases/", headers={"HX-Request": "true"}).content.decode())
    for html in pages:
        assert BODY["body"] in html
        assert [word for word in (*TELLTALES, *ALSO, ">spam", "other-") if word in html] == []


def test_each_sees_what_they_answered_themselves(client: Client, workflow: Workflow, reviewer: User) -> None:
    case = automatic_case(workflow, BODY, "spam", audited=True)
    answer(case, reviewer, "ham")
    answer(case, person(username="ada"), "spam", after=3)
    html = main_of(client.get(f"/cases/{case.pk}/").content.decode())
    assert "answered by you" in html
    assert "Answered ham" in html
    assert "ada" not in html


def test_the_list_is_filtered_by_ones_own_answers_alone(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    mine = automatic_case(workflow, BODY, "spam", audited=True)
    answer(mine, reviewer, "ham")
    theirs = waiting_case(workflow, BODY)
    answer(theirs, person(), "spam")

    def listed(**params: str) -> set[object]:
        page = client.get("/cases/", params)
        assert page.status_code == 200, page.content.decode()
        return {row.case.pk for row in page.context["page"].rows}

    assert listed() == {mine.pk, theirs.pk}
    assert listed(status="answered") == listed(answer="ham") == {mine.pk}
    assert listed(status="unanswered") == {theirs.pk}
    assert listed(answer="spam") == set()
    for refused in (
        {"status": "decided"},
        {"decided_by": "model"},
        {"said": "spam"},
        {"disagreement": "yes"},
    ):
        assert client.get("/cases/", refused).status_code == 422


def test_what_only_readers_may_download_is_not_offered(
    client: Client, workflow: Workflow, reviewer: User
) -> None:
    assert "Export" not in client.get("/cases/", {"workflow": workflow.slug}).content.decode()


@pytest.mark.parametrize("role", [Role.LEAD, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR])
@pytest.mark.parametrize("also", [(), (Role.REVIEWER,)])
def test_whoever_watches_over_the_service_sees_everything(
    client: Client, workflow: Workflow, role: str, also: tuple[str, ...]
) -> None:
    client.force_login(person(role, *also))
    case = automatic_case(workflow, BODY, "spam", audited=True)
    html = client.get(f"/cases/{case.pk}/").content.decode()
    for words in (
        "Decided automatically: spam",
        "0.9877, cutoff 0.9000",
        "drawn for an audit",
        "audit of an automatic",
    ):
        assert words in html
