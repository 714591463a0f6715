"""The case page and the media of cases."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from cases.models import Case, Workflow
from hitl.accounts.models import ApiKey, User
from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.outbox.models import Delivery, Endpoint
from tests.support.case_rows import answer, automatic_case, image_asset, stored, waiting_case, workflow_of
from tests.support.factories import NOW, person
from tests.support.pages import as_read
from tests.support.policy_rows import automating_workflow

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def auditor(client: Client) -> User:
    user = person(Role.AUDITOR, Role.REVIEWER, username="ida")
    client.force_login(user)
    return user


@pytest.fixture
def workflow() -> Workflow:
    return automating_workflow()


def page_of(client: Client, case: Case) -> str:
    return as_read(client.get(f"/cases/{case.pk}/").content.decode())


def test_the_history_tells_who_did_what_when_and_on_what_grounds(
    client: Client, workflow: Workflow, auditor: User
) -> None:
    key = ApiKey.objects.create(
        name="shop backend", prefix="hitl_x", secret_hash=b"x", scopes=["submit"], created_at=NOW
    )
    case = automatic_case(workflow, {"body": "Hi"}, "spam", audited=True, key=key)
    answer(case, auditor, "ham", after=30)
    answer(case, person(username="ron"), "ham", after=31)
    with transaction.atomic():
        later, why = NOW + timedelta(hours=2), {"reason": "sent twice"}
        record(action="case.dropped", actor=auditor.as_actor(), now=later, about=case, detail=why)
    html = page_of(client, case)
    said = [
        '<strong>Received</strong> <span class="muted">by shop backend',
        "<strong>Decided automatically: spam</strong>",
        "0.9877, cutoff 0.9000",
        "certificate: at most 1.0 % wrong at 95 %",
        "collected with a chance of 2.1 %",
        "drawn for an audit",
        '<strong>Answered ham</strong> <span class="muted">by ida',
        "<strong>Decided: ham</strong>",
        "<strong>Withdrew the case</strong>",
        "sent twice",
    ]
    places = [html.find(words) for words in said]
    assert -1 not in places, said[places.index(-1)]
    assert places == sorted(places)


def test_labels_tasks_and_webhooks_stand_beside_the_history(
    client: Client, workflow: Workflow, auditor: User
) -> None:
    Endpoint.objects.create(name="the shop", url="https://shop.example/", secrets=["x"], created_at=NOW)
    case = waiting_case(workflow, {"body": "Hi"})
    answer(case, auditor, "ham")
    emit([News("case.decided", case.pk, workflow.pk, NOW, {})])
    Delivery.objects.update(status="failed")
    html = page_of(client, case)
    for words in ("the model is not sure enough", "review by ida", "case.decided", "the shop", "failed"):
        assert words in html


def test_script_in_any_field_is_shown_as_text(client: Client, auditor: User) -> None:
    fields = [
        {"name": HOSTILE[:25], "kind": "text"},
        {"name": "kind", "kind": "category"},
        {"name": "on", "kind": "date"},
    ]
    workflow = workflow_of("hostile", fields=fields, labels=["a", HOSTILE], name=HOSTILE)
    content = {HOSTILE[:25]: HOSTILE, "kind": HOSTILE, "on": HOSTILE}
    case = automatic_case(workflow, content, HOSTILE, reference=HOSTILE)
    for html in (page_of(client, case), client.get("/cases/").content.decode()):
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;alert(1)" in html


def test_values_are_written_for_people(client: Client, auditor: User) -> None:
    fields = [
        {"name": "amount", "kind": "number"},
        {"name": "married", "kind": "boolean"},
        {"name": "job_since", "kind": "date"},
        {"name": "note", "kind": "text", "required": False},
    ]
    case = waiting_case(
        workflow_of("loans", fields=fields, labels=["a", "b"]),
        {"amount": 12000.0, "married": False, "job_since": "2019-04-01", "note": None},
    )
    html = page_of(client, case)
    for words in ("12,000", ">no<", "job since", "not given"):
        assert words in html


def test_an_old_case_is_shown_by_the_schema_it_came_in_under(
    client: Client, workflow: Workflow, auditor: User
) -> None:
    case = waiting_case(workflow, {"body": "Hi"})
    workflow.schemas.create(number=2, fields=[], labels=[], schema_sha256="x", created_at=NOW)
    Workflow.objects.filter(pk=workflow.pk).update(schema_version=2)
    assert ">Hi<" in page_of(client, case)


def test_a_case_that_does_not_exist_is_not_found_in_words(client: Client, auditor: User) -> None:
    answered = client.get(f"/cases/{uuid4()}/")
    assert answered.status_code == 404
    assert "There is no such case, or it is not yours to see." in answered.content.decode()


@pytest.fixture
def pictured() -> tuple[Case, str]:
    workflow = workflow_of("phones", fields=[{"name": "screen", "kind": "image"}], labels=["a", "b"])
    asset = image_asset()
    return waiting_case(workflow, {"screen": {"asset": asset.sha256}}), asset.sha256


def test_media_come_with_headers_that_keep_them_from_being_a_page(
    client: Client, auditor: User, pictured: tuple[Case, str]
) -> None:
    case, name = pictured
    answered = client.get(f"/cases/{case.pk}/media/{name}/")
    assert answered.status_code == 200
    assert answered.content.startswith(b"\x89PNG")
    assert answered["Content-Type"] == "image/png"
    assert answered["X-Content-Type-Options"] == "nosniff"
    assert answered["Content-Disposition"] == f'inline; filename="{name[:16]}.png"'
    assert "sandbox" in answered["Content-Security-Policy"]
    assert "private" in answered["Cache-Control"]


@pytest.mark.parametrize("media_type", ["image/svg+xml", "text/html", "application/xhtml+xml", "text/xml"])
def test_a_file_that_a_browser_would_run_is_only_ever_downloaded(
    client: Client, auditor: User, media_type: str
) -> None:
    workflow = workflow_of("phones", fields=[{"name": "screen", "kind": "image"}], labels=["a", "b"])
    asset = stored(b"<svg onload='alert(1)'/>", media_type)
    case = waiting_case(workflow, {"screen": {"asset": asset.sha256}})
    answered = client.get(f"/cases/{case.pk}/media/{asset.sha256}/")
    assert answered["Content-Type"] == "application/octet-stream"
    assert answered["Content-Disposition"].startswith("attachment")


def test_media_are_only_for_those_who_may_see_their_case(client: Client, pictured: tuple[Case, str]) -> None:
    case, name = pictured
    address = f"/cases/{case.pk}/media/{name}/"
    assert client.get(address).status_code == 302
    user = person()
    User.objects.filter(pk=user.pk).update(roles=[])
    client.force_login(user)
    assert client.get(address).status_code == 404


def test_a_file_of_another_case_is_not_found_under_this_one(
    client: Client, auditor: User, pictured: tuple[Case, str]
) -> None:
    case, _ = pictured
    foreign = image_asset(colour="#e69f00")
    for name in (foreign.sha256, "0" * 64, "..", "a b"):
        assert client.get(f"/cases/{case.pk}/media/{name}/").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=0-3", 206, b"\x89PNG"),
        ("bytes=1-3", 206, b"PNG"),
        ("bytes=-2", 206, b"\x60\x82"),
        ("bytes=0-", 206, None),
        ("bytes=999999-", 416, b""),
        ("bytes=5-2", 416, b""),
        ("bytes=-", 200, None),
        ("lines=1-2", 200, None),
        ("bytes=0-1,3-4", 200, None),
    ],
)
def test_a_player_may_ask_for_a_part(
    client: Client, auditor: User, pictured: tuple[Case, str], wanted: str, status: int, body: bytes | None
) -> None:
    case, name = pictured
    address = f"/cases/{case.pk}/media/{name}/"
    whole = client.get(address).content
    answered = client.get(address, headers={"Range": wanted})
    assert answered.status_code == status
    assert answered.content == (whole if body is None else body)
    if status == 206:
        assert answered["Content-Range"].endswith(f"/{len(whole)}")
