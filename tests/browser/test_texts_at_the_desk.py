"""Whatever stands in a case is text: it never runs, and is shown sign by sign in its own direction."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from cases.models import Case
from hitl.accounts.types import Role
from hitl.shared.clock import now
from models_store.models import StoredExplanation
from reviews.models import ReviewRules, Task, Team
from tests.browser.at_desk import content, press, saved, settled, until
from tests.support.case_rows import image_asset, stored, waiting_case, workflow_of
from tests.support.factories import person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import suggest

pytestmark = pytest.mark.django_db(transaction=True)

OWNED = "window.owned = (window.owned ?? 0) + 1"
NASTY = (
    f"</script><script>{OWNED}</script>\"'><img src=x onerror=\"{OWNED}\"><svg onload='{OWNED}'>"
    f'<a href="javascript:{OWNED}">x</a>{{{{ 7*7 }}}}{{% load x %}}<template><b>&lt;b&gt;'
)
SHORT = f'"><svg onload={OWNED}>'  # where few signs fit
RTL = "هذه رسالة طويلة عن استرداد الأموال 👩🏽‍⚖️ مع أرقام 4711 وكلمات English في الوسط. "


def hostile_case() -> None:
    """Let a case wait with script in every field of every kind, and in whatever stands around it."""
    fields = [
        {"name": "body", "kind": "text"},
        {"name": "amount", "kind": "number"},
        {"name": "job", "kind": "category"},
        {"name": "since", "kind": "date"},
        {"name": "married", "kind": "boolean"},
        {"name": "photo", "kind": "image"},
        {"name": "call", "kind": "audio"},
        {"name": SHORT, "kind": "text"},
    ]
    labels = [SHORT, f"{SHORT} 2", "ham"]
    workflow = workflow_of("nasty", fields=fields, labels=labels, name=SHORT)
    workflow.review_policy = NASTY
    workflow.save()
    codes = {SHORT: [{"code": SHORT[:50], "words": NASTY[:200], "required": True}]}
    ReviewRules.objects.create(workflow=workflow, reason_codes=codes)
    release = automating_workflow().releases.get()
    said = {
        "body": NASTY,
        "amount": NASTY,  # stored before the schema knew better, or by a bug: the page must not mind
        "job": NASTY,
        "since": NASTY,
        "married": NASTY,
        "photo": {"asset": image_asset().sha256},
        "call": {"asset": stored(b"RIFF", "audio/wav", duration_ms=2000).sha256},
        SHORT: NASTY,
    }
    quote = NASTY[:30]
    found = [
        {"where": {"part": "body", "start16": 0, "end16": 30, "quote": quote}, "side": "for", "share": 0.5},
        {"where": {"path": "job"}, "side": "against", "share": 0.3, "why": {"typical": {SHORT: NASTY}}},
        {"where": {"asset": "photo", "x": 0.1, "y": 0.1, "w": 0.2, "h": 0.2}, "side": "for", "share": 0.2},
    ]
    changes = [{"path": NASTY, "from": NASTY, "to": NASTY}]
    flips = [{"changes": changes, "label": NASTY, "becomes": NASTY, "to": NASTY}]
    for n in range(3):
        case = waiting_case(workflow, said, at=now() + timedelta(seconds=n), reference=f"{n}{SHORT}")
        suggest(case, release, label=SHORT, confidence=0.7, runner_up=labels[1])
        body = {
            "status": "ok",
            "target": SHORT,
            "contrast": labels[1],
            "highlights": [{"label": NASTY, "why": {}} | one for one in found],
            "flips": flips,
        }
        StoredExplanation.objects.create(
            case=case, release=release, target=SHORT, contrast=labels[1], body=body, computed_at=now()
        )


def nothing_ran(page: Any) -> bool:
    """Tell whether nothing of the case became code or elements of the page."""
    made = page.locator(
        "[data-stage-place] svg[onload], [data-stage-place] img[src=x], script:has-text('owned')"
    )
    return page.evaluate("window.owned === undefined") and made.count() == 0


def test_script_in_every_field_of_every_kind_and_around_it_never_runs(visit: Any) -> None:
    hostile_case()
    reviewer = person(username=f"x{SHORT.replace(' ', '')}"[:60], first_name=SHORT)
    team = Team.objects.create(name=SHORT, skills=[SHORT[:50]])
    team.members.add(reviewer)
    visitor = visit(reviewer)
    page = visitor.open("/review/")
    expect(page.locator(".evidence-side")).to_have_count(2)
    assert nothing_ran(page)
    assert page.locator("[data-part=body]").inner_text() == NASTY
    assert page.locator("[data-field=amount] dd").first.inner_text() == NASTY
    press(page, "p")
    expect(page.get_by_role("dialog", name="Policy")).to_contain_text("onerror")
    page.keyboard.press("Escape")
    press(page, "c")
    page.keyboard.insert_text(NASTY)
    page.keyboard.press("Escape")
    press(page, "1")
    expect(page.get_by_role("dialog", name="Why?")).to_contain_text("<script>")
    page.keyboard.press("1")
    expect(page.locator("[data-undo-words]")).to_contain_text(SHORT)
    saved(page)
    press(page, "h")
    page.keyboard.press("1")
    until(lambda: Task.objects.filter(status="held").exists())
    press(page, "e")
    page.keyboard.insert_text(NASTY)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    for button, row in (("On hold", "button"), ("Recent", "[data-answer-row]")):
        page.locator(".desk-tools").get_by_role("button", name=button).click()
        expect(page.locator(f"dialog[open] .recent {row}").first).to_be_visible()
        assert nothing_ran(page)
        page.keyboard.press("Escape")
    answered = Case.objects.get(status="decided")
    for path in (f"/cases/{answered.pk}/amend/", f"/cases/{answered.pk}/", "/cases/", "/profile/answers/"):
        assert nothing_ran(visitor.open(path)), path
    judge = visit(person(Role.ADJUDICATOR))
    page = judge.open("/review/")
    expect(page.locator(".stage-escalation")).to_contain_text("onerror")
    assert nothing_ran(page)
    lead = visit(person(Role.LEAD, Role.OPERATOR))
    waiting_one = Case.objects.filter(status="waiting").first()
    paths = ["/review/lead/", "/review/lead/people/", f"/review/lead/people/{reviewer.pk}/"]
    paths += ["/review/lead/agreement/", f"/cases/{answered.pk}/", f"/cases/{waiting_one.pk}/", "/cases/"]
    for path in paths:
        assert nothing_ran(lead.open(path)), path


TEXTS = {
    "right to left": RTL * 1200,
    "emoji": "👩🏽‍⚖️🏳️‍🌈é̈\u200f" * 8000,
    "one word": "x" * 100_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_hundred_kilobytes_in_any_script_are_shown_sign_by_sign_with_marks_in_their_places(
    visit: Any, text: str
) -> None:
    text = text[:100_000]
    at = len(text) - 200
    quote = text[at : at + 40]
    start = len(text[:at].encode("utf-16-le")) // 2
    end = start + len(quote.encode("utf-16-le")) // 2
    workflow = automating_workflow()
    ReviewRules.objects.create(workflow=workflow)
    release = workflow.releases.get()
    for n in range(2):
        case = waiting_case(workflow, {"body": text}, at=now() + timedelta(seconds=n))
        suggest(case, release, label="spam", confidence=0.72, runner_up="ham")
        where = {"part": "body", "start16": start, "end16": end, "quote": quote}
        highlight = {"where": where, "side": "for", "share": 0.5, "label": "here", "why": {}}
        body = {"status": "ok", "target": "spam", "contrast": "ham", "highlights": [highlight]}
        StoredExplanation.objects.create(
            case=case, release=release, target="spam", contrast="ham", body=body, computed_at=now()
        )
    visitor = visit(person())
    page = visitor.open("/review/")
    expect(page.locator(".evidence-side")).to_have_count(2)
    part = page.locator("[data-part=body]")
    assert part.evaluate("element => element.textContent") == text
    assert part.evaluate("element => getComputedStyle(element).direction") == (
        "rtl" if text.startswith(RTL[0]) else "ltr"
    )
    assert page.evaluate("[...CSS.highlights.get('evidence-for')].map(String)") == [quote]
    assert visitor.fits()
    settled(page)
    page.keyboard.press("]")
    place = page.evaluate("[...CSS.highlights.get('evidence-for')][0].getBoundingClientRect().top")
    assert 0 <= place <= 900  # brought into sight
    press(page, "1")
    expect(page.locator("[data-undo-words]")).to_contain_text("ham")
    assert content(page).locator("[data-part=body]").evaluate("element => element.textContent") == text
    saved(page)
