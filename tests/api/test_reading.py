"""Reading cases back: how they stand, how they came to it, page by page."""

from datetime import timedelta

import pytest

from cases.models import Case, Workflow
from hitl.flow.doors.api import listing
from hitl.flow.settling.answer import answer_batch
from hitl.shared import clock
from hitl.shared.actor import Actor
from reviews.models import Task
from reviews.services.answers import Answer
from tests.api.client import ApiClient
from tests.support.factories import NOW, person

URL = "/workflows/credit/cases"


def submit(client: ApiClient, amount: float, reference: str | None = None) -> str:
    body: dict[str, object] = {"content": {"amount": amount}}
    response = client.send("POST", URL, body | ({"reference": reference} if reference else {}))
    case_id: str = response.json()["id"]
    return case_id


def answer(case_id: str, label: str, by: Actor) -> None:
    """Decide a case as a person does, at the time of the clock."""
    task = Task.objects.get(case_id=case_id)
    answer_batch(by_task={task.pk: Answer(label)}, actor=by, since=clock.now(), now=clock.now())


def test_a_case_reads_as_it_was_answered(client: ApiClient, workflow: Workflow) -> None:
    posted = client.send("POST", URL, {"content": {"amount": 1}, "reference": "R"}).json()
    assert client.send("GET", f"/cases/{posted['id']}").json() == posted


def test_an_answer_is_not_called_final_while_it_may_be_taken_back(
    client: ApiClient, workflow: Workflow
) -> None:
    case_id = submit(client, 1)
    clock.use(lambda: NOW)
    answer(case_id, "spam", person().as_actor())
    for seconds, is_final in ((0, False), (9, False), (10, True)):
        clock.use(lambda seconds=seconds: NOW + timedelta(seconds=seconds))  # type: ignore[misc]
        shown = client.send("GET", f"/cases/{case_id}").json()
        assert (shown["status"], shown["answer"], shown["is_final"]) == ("decided", "spam", is_final)
    assert shown["decision"]["route"] == "person"


def test_the_history_names_no_person(client: ApiClient, workflow: Workflow) -> None:
    case_id = submit(client, 1)
    answer(case_id, "spam", person(username="margarete").as_actor())
    response = client.send("GET", f"/cases/{case_id}/decisions")
    assert b"margarete" not in response.content
    items = response.json()["items"]
    assert [(item["sequence"], item["by"], item["label"]) for item in items] == [
        (0, "service", None),
        (1, "person", "spam"),
    ]


def test_pages_hold_every_case_once_newest_first(client: ApiClient, workflow: Workflow) -> None:
    ids = [submit(client, n) for n in range(7)]
    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        page = client.send("GET", f"{URL}?limit=3{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ids[::-1]


def test_filters_choose_and_a_long_search_goes_on_page_by_page(
    client: ApiClient, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "STRETCH", 2)
    ids = [submit(client, n, f"R-{n}") for n in range(6)]
    answer(ids[0], "spam", person().as_actor())
    found, cursor = [], ""
    for _ in range(10):
        page = client.send("GET", f"{URL}?status=decided&answer=spam{cursor}").json()
        found += [item["reference"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == ["R-0"]
    named = client.send("GET", f"{URL}?reference=R-3").json()
    assert [item["id"] for item in named["items"]] == [ids[3]]
    assert named["next"] is None


def test_times_bound_the_list(client: ApiClient, workflow: Workflow) -> None:
    for hours in range(3):
        clock.use(lambda hours=hours: NOW + timedelta(hours=hours))  # type: ignore[misc]
        submit(client, hours)
    inside = client.send(
        "GET", f"{URL}?received_after=2026-03-02T10:30:00Z&received_before=2026-03-02T11:30:00%2B00:00"
    )
    assert len(inside.json()["items"]) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("workflow__slug=x", "workflow__slug"),
        ("content__amount__gte=1", "content__amount__gte"),
        ("status=open", "status"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("cursor=abc", "cursor"),
        ("received_after=yesterday", "received_after"),
        ("received_after=2026-03-02T10:30:00", "received_after"),
        ("received_after=2026-13-02T10:30:00Z", "received_after"),
        ("answer=%00", "answer"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(
    client: ApiClient, workflow: Workflow, query: str, field: str
) -> None:
    response = client.send("GET", f"{URL}?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "bad_parameter")
    error = response.json()["errors"][0]
    assert error["field"] == field
    assert error["fix"]


def test_a_submitter_takes_a_waiting_case_back(client: ApiClient, workflow: Workflow) -> None:
    case_id = submit(client, 1)
    for _ in range(2):
        response = client.send("POST", f"/cases/{case_id}/withdraw")
        assert (response.status_code, response.json()["status"]) == (200, "withdrawn")
        assert response.json()["is_final"] is True
    history = client.send("GET", f"/cases/{case_id}/decisions").json()["items"]
    assert [(item["by"], item["reason"]) for item in history][1:] == [("submitter", "withdrawn")]


def test_a_decided_case_is_not_taken_back(client: ApiClient, workflow: Workflow) -> None:
    case_id = submit(client, 1)
    answer(case_id, "spam", person().as_actor())
    response = client.send("POST", f"/cases/{case_id}/withdraw")
    assert (response.status_code, response.json()["code"]) == (409, "already_decided")


def test_a_key_withdraws_only_what_it_may_read(client: ApiClient, workflow: Workflow) -> None:
    from tests.api.conftest import client_with

    case_id = submit(client, 1)
    assert client_with("submit").send("POST", f"/cases/{case_id}/withdraw").status_code == 404
    assert Case.objects.get().status == "waiting"
