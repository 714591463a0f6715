"""The case list: filters, pages, search, and what it costs."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Workflow
from cases.types import CaseStatus
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.reading import case_list
from tests.support.case_rows import answer, automatic_case, image_asset, waiting_case, workflow_of
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow

pytestmark = pytest.mark.django_db
BODY = {"body": "Hello"}


@pytest.fixture
def auditor(client: Client) -> User:
    user = person(Role.AUDITOR, Role.REVIEWER)
    client.force_login(user)
    return user


@pytest.fixture
def workflow() -> Workflow:
    return automating_workflow()


def listed(client: Client, **params: object) -> list[Case]:
    page = client.get("/cases/", {name: str(value) for name, value in params.items()})
    assert page.status_code == 200, page.content.decode()
    return [row.case for row in page.context["page"].rows]


def test_each_filter_lets_through_exactly_what_it_says(
    client: Client, workflow: Workflow, auditor: User
) -> None:
    other = automating_workflow()
    waiting = waiting_case(workflow, BODY)
    automatic = automatic_case(workflow, BODY, "spam", at=NOW - timedelta(days=1))
    agreed = automatic_case(workflow, BODY, "spam", audited=True)
    answer(agreed, auditor, "spam")
    overturned = automatic_case(workflow, BODY, "spam", audited=True)
    answer(overturned, auditor, "ham")
    answer(overturned, person(username="second"), "ham", after=3)
    reviewed = waiting_case(other, BODY)
    answer(reviewed, auditor, "ham")
    withdrawn = waiting_case(workflow, BODY)
    Case.objects.filter(pk=withdrawn.pk).update(status=CaseStatus.WITHDRAWN)

    everything = [withdrawn, reviewed, overturned, agreed, automatic, waiting]
    assert listed(client) == everything
    assert listed(client, workflow=other.slug) == [reviewed]
    assert listed(client, status="waiting") == [waiting]
    assert listed(client, status="withdrawn") == [withdrawn]
    assert listed(client, status="decided") == [reviewed, overturned, agreed, automatic]
    assert listed(client, answer="ham") == [reviewed, overturned]
    assert listed(client, decided_by="model") == [agreed, automatic]
    assert listed(client, decided_by="person") == [reviewed, overturned]
    assert listed(client, received_to=(NOW - timedelta(days=1)).date()) == [automatic]
    assert listed(client, received_from=NOW.date()) == [case for case in everything if case != automatic]
    assert listed(client, status="decided", answer="spam", decided_by="model", workflow=workflow.slug) == [
        agreed,
        automatic,
    ]


def test_a_case_is_found_by_its_exact_id_or_reference(
    client: Client, workflow: Workflow, auditor: User
) -> None:
    case = waiting_case(workflow, BODY, reference="order/17 & more")
    waiting_case(workflow, BODY, reference="order/170")
    assert listed(client, search="order/17 & more") == [case]
    assert listed(client, search=str(case.pk)) == [case]
    assert listed(client, search="order/1") == []
    assert listed(client, search=uuid4()) == []


def test_pages_follow_each_other_without_a_gap_or_a_case_twice(
    client: Client, workflow: Workflow, auditor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_list, "PAGE", 3)
    cases = [waiting_case(workflow, BODY) for _ in range(7)][::-1]
    seen, before = [], ""
    for _ in range(4):
        page = client.get("/cases/", {"before": before} if before else {}).context["page"]
        seen += [row.case for row in page.rows]
        before = page.before
        if before is None:
            break
        waiting_case(workflow, BODY)  # new cases do not shift the pages
    assert seen == cases


def test_a_rare_match_is_looked_for_stretch_by_stretch(
    client: Client, workflow: Workflow, auditor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_list, "STRETCH", 4)
    rare = automatic_case(workflow, BODY, "spam", at=NOW - timedelta(days=3))
    for i in range(9):
        waiting_case(workflow, BODY, at=NOW + timedelta(minutes=i))
    before, found, looks = None, [], 0
    while looks < 5:
        params = {"answer": "spam"} | ({"before": str(before)} if before else {})
        page = client.get("/cases/", params)
        found += [row.case for row in page.context["page"].rows]
        looks += 1
        before = page.context["page"].before
        if before is None:
            break
        assert "None among these cases" in page.content.decode()
    assert found == [rare]
    assert looks == 3


def test_no_page_counts_or_skips_rows_and_none_asks_case_by_case(
    client: Client, workflow: Workflow, auditor: User
) -> None:
    def queries(**params: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get("/cases/", params)
        return [query["sql"] for query in captured]

    automatic_case(workflow, BODY, "spam")
    queries(status="decided")  # the first of a connection prepares statements
    few = queries(status="decided")
    for _ in range(20):
        automatic_case(workflow, BODY, "spam", audited=True)
        waiting_case(workflow, BODY)
    many = queries(status="decided")
    assert len(many) == len(few)
    assert not any("COUNT(" in sql.upper() for sql in many)
    client.force_login(person(Role.REVIEWER))
    assert len(queries(decided_by="model")) <= len(many) + 3


@pytest.mark.parametrize(
    "params",
    [
        {"content__body": "x"},
        {"workflow__slug": "x"},
        {"status": "secret"},
        {"decided_by": "robot"},
        {"before": "1 OR 1=1"},
        {"received_from": "yesterday"},
        {"workflow": "no-such"},
        {"answer": "x" * 101},
    ],
)
def test_other_parameters_are_refused_by_name(client: Client, auditor: User, params: dict[str, str]) -> None:
    page = client.get("/cases/", params)
    assert page.status_code == 422
    assert f"<strong>{next(iter(params))}</strong>" in page.content.decode()


def test_personal_fields_do_not_appear_in_the_list(client: Client, auditor: User) -> None:
    fields = [{"name": "body", "kind": "text", "personal": True}, {"name": "amount", "kind": "number"}]
    workflow = workflow_of("loans", fields=fields, labels=["yes", "no"])
    waiting_case(workflow, {"body": "I am Ada", "amount": 1200.0})
    html = client.get("/cases/").content.decode()
    assert "Ada" not in html
    assert "amount 1,200" in html


def test_small_pictures_are_shown_and_large_ones_are_not_loaded(client: Client, auditor: User) -> None:
    workflow = workflow_of("phones", fields=[{"name": "screen", "kind": "image"}], labels=["a", "b"])
    asset = image_asset()
    case = waiting_case(workflow, {"screen": {"asset": asset.sha256}})
    address = f'src="/cases/{case.pk}/media/{asset.sha256}/"'
    assert address in client.get("/cases/").content.decode()
    type(asset).objects.filter(pk=asset.pk).update(size_bytes=5_000_000)
    html = client.get("/cases/").content.decode()
    assert address not in html
    assert "PNG 64 × 48" in html


def test_an_empty_list_says_why_it_is_empty(client: Client, auditor: User) -> None:
    assert "No workflow yet" in client.get("/cases/").content.decode()
    workflow = automating_workflow()
    assert "No cases yet" in client.get("/cases/").content.decode()
    assert (
        "No case fits"
        in client.get("/cases/", {"workflow": workflow.slug, "answer": "spam"}).content.decode()
    )


def test_somebody_without_a_role_sees_no_case_and_no_workflow(client: Client, workflow: Workflow) -> None:
    case = waiting_case(workflow, BODY)
    user = person()
    User.objects.filter(pk=user.pk).update(roles=[])
    client.force_login(user)
    html = client.get("/cases/").content.decode()
    assert workflow.name not in html
    assert str(case.pk) not in html
    assert client.get(f"/cases/{case.pk}/").status_code == 404
    assert client.get("/cases/", {"workflow": workflow.slug}).status_code == 422


def test_cases_are_found_by_what_people_said_but_not_by_those_who_answer(
    client: Client, workflow: Workflow, auditor: User
) -> None:
    one, other = person(username="rita"), person(username="ron")
    agreed, disputed = waiting_case(workflow, BODY), waiting_case(workflow, BODY)
    answer(agreed, one, "spam")
    answer(disputed, one, "spam")
    second = disputed.tasks.create(
        workflow=workflow, schema_version=1, slot=2, mode="blind", created_at=NOW, due_at=NOW, status="done"
    )
    disputed.reviews.create(
        task=second,
        reviewer=other,
        label="ham",
        mode="blind",
        lease_token=uuid4(),
        started_at=NOW,
        submitted_at=NOW,
        seconds=1,
    )
    assert listed(client, reviewer="rita") == [disputed, agreed]
    assert listed(client, reviewer="ron") == [disputed]
    assert listed(client, reviewer="rita", said="ham") == []
    assert listed(client, said="spam", also_said="ham") == [disputed]
    assert listed(client, disagreement="yes") == [disputed]
    client.force_login(one)
    assert client.get("/cases/", {"disagreement": "yes"}).status_code == 422
