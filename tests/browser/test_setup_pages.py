"""Administrators set things up: workflows from a file, keys, webhooks, the reference; in a real browser."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cases.models import Case, FileImport, Workflow
from hitl.accounts.models import ApiKey, User
from hitl.accounts.types import Role
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.file_imports import take_in_file
from hitl.flow.setup.subscribe import subscribe
from hitl.outbox.endpoints import send_test_event
from hitl.outbox.models import Endpoint
from hitl.outbox.relay import record_reply
from hitl.outbox.sending import Reply
from hitl.shared import clock
from tests.support.factories import LABELS, NOW, TABLE_FIELDS, TESTER, person

CSV = "id,income,job,since,body,outcome\n" + "".join(
    f"{n},{1000 + n},{'clerk' if n % 3 else 'baker'},2020-01-{n % 27 + 1:02d},Some words {n} nobody repeats,"
    f"{'paid' if n % 4 else 'lost'}\n"
    for n in range(60)
)


@pytest.fixture
def administrator(live_server: Any) -> User:
    """Somebody who may set up everything."""
    clock.use(lambda: NOW + timedelta(hours=2))
    return person(Role.ADMINISTRATOR, Role.OPERATOR, username="ada")


@pytest.fixture
def endpoint(administrator: User) -> Endpoint:
    """A subscriber that answered once and failed once."""
    endpoint = subscribe(
        name="Ledger", url="https://ledger.example/hooks", kinds=["case.decided"], workflow_id=None,
        actor=administrator.as_actor(), now=NOW,
    )  # fmt: skip
    for reply in (Reply(204, "", 41), Reply(410, "", 38)):
        delivery = send_test_event(endpoint_id=endpoint.id, now=NOW)
        record_reply(delivery, reply, now=NOW)
    return endpoint


def test_every_page_is_accessible_and_fits_empty_and_full(visit: Any, administrator: User) -> None:
    visitor = visit(administrator)

    def look(path: str, shot: str) -> None:
        visitor.open(path)
        visitor.look(f"setup-{shot}")

    for path, shot in (("/workflows/", "workflows"), ("/keys/", "keys"), ("/webhooks/", "webhooks")):
        look(path, f"{shot}-empty")
    look("/workflows/new/", "new")
    look("/workflows/new/?empty", "form-empty")
    set_up_workflow(
        slug="credit", name="Credit applications", description="Would the loan be paid back?",
        fields=[*TABLE_FIELDS, {"name": "applicant", "kind": "text", "personal": True, "max_length": 200}],
        labels=LABELS, degree="partial", actor=administrator.as_actor(), now=NOW,
    )  # fmt: skip
    from hitl.accounts.keys import create_key, revoke_key

    for n, scopes in enumerate((["submit", "read"], ["manage"], ["read"])):
        key, _ = create_key(
            name=f"Program {n}", scopes=scopes, is_for_all_workflows=n < 2,
            actor=administrator.as_actor(), now=NOW, expires_at=NOW + timedelta(hours=1) if n == 1 else None,
        )  # fmt: skip
        if n == 2:
            revoke_key(key_id=key.id, actor=TESTER, now=NOW)
    endpoint_of = subscribe(
        name="Ledger", url="https://ledger.example/hooks", kinds=[], workflow_id=None,
        actor=administrator.as_actor(), now=NOW,
    )  # fmt: skip
    for reply in (Reply(204, "", 41), Reply(410, "", 38)):
        record_reply(send_test_event(endpoint_id=endpoint_of.id, now=NOW), reply, now=NOW)
    for path, shot in (
        ("/workflows/", "workflows"),
        ("/workflows/credit/", "workflow"),
        ("/workflows/credit/change/", "change"),
        ("/keys/", "keys"),
        ("/webhooks/", "webhooks"),
        (f"/webhooks/{endpoint_of.id}/", "endpoint"),
    ):
        look(path, shot)


def test_a_workflow_is_made_from_a_file_and_its_curl_line_works(
    visit: Any, administrator: User, tmp_path: Path
) -> None:
    (tmp_path / "loans_2026.csv").write_text(CSV)
    visitor = visit(administrator)
    page = visitor.open("/workflows/new/")
    page.set_input_files("input[type=file]", str(tmp_path / "loans_2026.csv"))
    page.click("text=Look at the file")
    assert page.input_value("input[name=name]") == "Loans 2026"
    kinds = [page.input_value(f"select[name=fields-{n}-kind]") for n in range(4)]
    assert kinds == ["number", "category", "date", "text"]
    assert [page.input_value(f"input[name=labels-{n}-name]") for n in range(2)] == ["lost", "paid"]
    assert "60" in page.inner_text("section:has(h2:has-text('What the file holds'))")
    assert page.inner_text("tr:has(input[name=labels-1-name]) td:last-child") == "45"
    assert visitor.is_accessible()
    visitor.shoot("setup-guessed")
    page.fill("input[name=fields-3-name]", "")  # the words are not to be a field
    page.click("text=Make the workflow")
    page.wait_for_selector("text=This is the only time the key is shown")
    assert take_in_file(import_id=FileImport.objects.get().pk, now=clock.now())  # as a worker does
    page.wait_for_selector("text=Imported")
    assert visitor.is_accessible()
    visitor.shoot("setup-made")
    curl = page.inner_text("pre >> nth=1")
    assert "/api/v1/workflows/loans-2026/cases" in curl
    workflow = Workflow.objects.get(slug="loans-2026")
    assert [field["name"] for field in workflow.schemas.get().fields] == ["income", "job", "since"]
    import subprocess

    done = subprocess.run(["bash", "-c", curl + " -s"], capture_output=True, text=True, timeout=20)
    assert '"status":"waiting"' in done.stdout, done
    assert Case.objects.filter(workflow=workflow, origin="import").count() == 60


def test_what_does_not_fit_is_said_beside_it_and_nothing_is_lost(visit: Any, administrator: User) -> None:
    visitor = visit(administrator)
    page = visitor.open("/workflows/new/?empty")
    page.fill("input[name=name]", "Mail")
    page.fill("input[name=slug]", "Not a slug")
    page.fill("input[name=fields-0-name]", "body")
    page.fill("input[name=labels-0-name]", "spam")
    page.fill("input[name=labels-0-hotkey]", "s")
    page.click("button:has-text('Add labels')")
    assert page.input_value("input[name=fields-0-name]") == "body"
    assert page.locator("input[name=labels-5-name]").count() == 1
    page.click("text=Make the workflow")
    assert "Use 1 to 50 of a-z" in page.inner_text("#id_slug_error")
    assert page.locator("td:has(input[name=labels-0-hotkey]) .error").count() == 1
    assert page.input_value("input[name=labels-0-name]") == "spam"
    assert visitor.is_accessible()
    visitor.shoot("setup-form-wrong")
    visitor.troubles = [t for t in visitor.troubles if "422" not in t]  # the browser notes the refusal
    assert not Workflow.objects.exists()


def test_a_key_is_shown_once_and_revoked(visit: Any, administrator: User) -> None:
    visitor = visit(administrator)
    page = visitor.open("/keys/")
    page.fill("input[name=name]", "Mail gateway")
    page.click("button:has-text('Make the key')")
    assert page.inner_text("pre").startswith("hitl_")
    assert "hitl_" + "x" not in visitor.open("/keys/").content()
    assert page.locator("pre").count() == 0
    page.click("button:has-text('Revoke')")
    page.wait_for_selector("text=revoked")
    assert ApiKey.objects.get().revoked_at is not None


def test_a_delivery_that_was_given_up_is_sent_again(
    visit: Any, administrator: User, endpoint: Endpoint
) -> None:
    visitor = visit(administrator)
    page = visitor.open(f"/webhooks/{endpoint.id}/?status=failed")
    page.click("button:has-text('Resume')")
    page.wait_for_selector("text=what waited is sent now")
    visitor.open(f"/webhooks/{endpoint.id}/?status=failed")
    page.click("button:has-text('Send again')")
    page.wait_for_selector("text=It is sent again")
    assert endpoint.deliveries.filter(status="due").count() == 1


def test_the_reference_is_drawn_under_the_strict_content_policy(visit: Any, administrator: User) -> None:
    visitor = visit(administrator)
    page = visitor.open("/api/docs/")
    page.wait_for_selector("text=Submit one case or many")
    visitor.shoot("setup-docs")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reference_is_light_or_dark_as_the_page_is(visit: Any, administrator: User, scheme: str) -> None:
    visitor = visit(administrator, scheme=scheme)
    page = visitor.open("/api/docs/")
    page.wait_for_selector("text=Submit one case or many")
    words = page.locator(".opblock-summary-description").first
    assert ("dark-mode" in (page.locator("html").get_attribute("class") or "")) == (scheme == "dark")
    light = [int(n) for n in words.evaluate("e => getComputedStyle(e).color.match(/[0-9]+/g)")[:3]]
    assert (sum(light) > 3 * 128) == (scheme == "dark")  # bright words on a dark page, dark words on a bright
    visitor.shoot(f"setup-docs-{scheme}")
