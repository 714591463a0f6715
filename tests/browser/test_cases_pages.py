"""The case list and the case page, in a real browser."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from wave import open as open_wave

import pytest

from cases.models import Case, Workflow
from hitl.accounts.types import Role
from hitl.shared import clock
from tests.support.case_rows import answer, automatic_case, image_asset, stored, waiting_case, workflow_of
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow

LONG = "Dear friend,\n\n" + "a prize of great worth waits for you. " * 60


def recording() -> bytes:
    buffer = BytesIO()
    with open_wave(buffer, "wb") as wave:
        wave.setparams((1, 1, 8000, 4000, "NONE", ""))
        wave.writeframes(bytes(4000))
    return buffer.getvalue()


@pytest.fixture
def mail(live_server: Any) -> Workflow:
    clock.use(lambda: NOW + timedelta(hours=2))
    return automating_workflow()


@pytest.fixture
def phone(live_server: Any) -> Case:
    fields = [
        {"name": "screen", "kind": "image"},
        {"name": "sound", "kind": "audio"},
        {"name": "model", "kind": "category"},
        {"name": "price", "kind": "number"},
    ]
    workflow = workflow_of("phones", fields=fields, labels=["fine", "scratched"], name="Phone screens")
    sound = stored(recording(), "audio/wav", duration_ms=500)
    content = {
        "screen": {"asset": image_asset(size=(900, 1600)).sha256},
        "sound": {"asset": sound.sha256},
        "model": "A52",
        "price": 1234.5,
    }
    return waiting_case(workflow, content)


def test_list_and_pages_are_accessible_and_fit_in_light_and_dark_wide_and_narrow(
    visit: Any, mail: Workflow, phone: Case
) -> None:
    auditor = person(Role.AUDITOR, Role.REVIEWER)
    visitor = visit(auditor)
    automatic = automatic_case(mail, {"body": LONG}, "spam", audited=True, reference="mail-1")
    answer(automatic, auditor, "ham", after=12)
    waiting_case(mail, {"body": "x" * 3000})
    automatic_case(mail, {"body": "مرحبا بالعالم"}, "ham")
    paths = {
        "cases": "/cases/",
        "cases-filtered": f"/cases/?workflow={mail.slug}&status=decided",
        "cases-empty": "/cases/?answer=nothing",
        "case": f"/cases/{automatic.pk}/",
        "case-media": f"/cases/{phone.pk}/",
    }
    for name, path in paths.items():
        visitor.open(path)
        visitor.look(name)


def test_choosing_a_filter_narrows_the_list_and_leaves_a_short_address(visit: Any, mail: Workflow) -> None:
    waiting_case(mail, {"body": "still open"})
    automatic_case(mail, {"body": "long done"}, "spam")
    page = visit(person(Role.AUDITOR)).open("/cases/")
    page.get_by_label("Status").select_option("decided")
    page.wait_for_url("**/cases/?status=decided")
    page.get_by_text("long done").wait_for()
    assert page.get_by_text("still open").count() == 0
    page.get_by_role("link", name="Clear").click()
    page.get_by_text("still open").wait_for()


def test_a_reference_typed_and_entered_finds_its_case(visit: Any, mail: Workflow) -> None:
    waiting_case(mail, {"body": "the one"}, reference="order-17")
    waiting_case(mail, {"body": "another"})
    page = visit(person(Role.AUDITOR)).open("/cases/")
    page.get_by_role("searchbox").fill("order-17")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/?search=order-17")
    page.get_by_role("link", name="the one").click()
    page.get_by_role("heading", name="order-17").wait_for()


def test_new_cases_appear_by_themselves_at_the_top_of_the_list(visit: Any, mail: Workflow) -> None:
    visitor = visit(person(Role.AUDITOR))
    page = visitor.open("/cases/")
    page.get_by_text("No cases yet").wait_for()
    waiting_case(mail, {"body": "just in"})
    page.get_by_text(
        "just in"
    ).wait_for()  # within the ten seconds of the page's time-out; it looks every five
    assert visitor.is_accessible()


def test_an_image_is_drawn_at_its_proportions_and_a_recording_can_be_played(visit: Any, phone: Case) -> None:
    page = visit(person(Role.AUDITOR)).open(f"/cases/{phone.pk}/")
    box = page.get_by_role("img", name="screen, full size").bounding_box()
    assert box is not None
    assert abs(box["width"] / box["height"] - 900 / 1600) < 0.02
    assert page.evaluate("document.querySelector('audio').duration") == 0.5


def test_a_reviewer_sees_only_the_content_of_a_case_whose_audit_is_open(visit: Any, mail: Workflow) -> None:
    case = automatic_case(mail, {"body": "A prize"}, "spam", audited=True)
    visitor = visit(person(Role.REVIEWER))
    page = visitor.open(f"/cases/{case.pk}/")
    page.get_by_text("A prize").wait_for()
    page.get_by_text("not answered by you").wait_for()
    assert "spam" not in page.content()
    assert visitor.is_accessible()


def test_the_id_of_a_case_is_copied_by_one_click(visit: Any, mail: Workflow) -> None:
    case = waiting_case(mail, {"body": "Hi"})
    page = visit(person(Role.AUDITOR), permissions=["clipboard-read", "clipboard-write"]).open(
        f"/cases/{case.pk}/"
    )
    page.get_by_role("button", name="Copy the id").click()
    page.get_by_role("status").filter(has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == str(case.pk)
