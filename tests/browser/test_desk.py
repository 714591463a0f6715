"""A reviewer's day by keyboard: nothing is decided twice, nothing is lost, everything can be taken back."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases.models import Case
from hitl.accounts.types import Role
from hitl.shared.clock import now
from models_store.models import StoredExplanation
from reviews.models import Review, ReviewRules, Task
from reviews.services.leases import reap
from tests.browser.at_desk import content, saved, settled, until
from tests.support.case_rows import image_asset, stored, waiting_case, workflow_of
from tests.support.factories import person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import review_workflow, suggest, waiting

pytestmark = pytest.mark.django_db(transaction=True)
BODY = "Dear friend 👋🏽,\r\nclaim your refund. The refund is yours, قسم says.\r\nThe board met."


def mark(quote: str, side: str, share: float) -> dict[str, Any]:
    """Return a highlight of every place of these words."""
    places, at = [], BODY.find(quote)
    while at >= 0:
        start16 = len(BODY[:at].encode("utf-16-le")) // 2
        end16 = start16 + len(quote.encode("utf-16-le")) // 2
        places.append({"part": "body", "start16": start16, "end16": end16, "quote": quote})
        at = BODY.find(quote, at + 1)
    return {"where": places[0], "also": places[1:], "side": side, "share": share, "label": quote, "why": {}}


def assisted(count: int = 1, *, status: str = "ok", highlights: list[dict[str, Any]] | None = None) -> None:
    """Let cases wait with a suggestion whose evidence is known."""
    workflow = automating_workflow()
    ReviewRules.objects.create(workflow=workflow)
    release = workflow.releases.get()
    if highlights is None:
        highlights = [mark("refund", "for", 0.5), mark("board", "against", 0.2)]
    for n in range(count):
        case = waiting_case(workflow, {"body": BODY}, at=now() + timedelta(seconds=n))
        suggest(case, release, label="spam", confidence=0.72, runner_up="ham")
        body = {"status": status, "target": "spam", "contrast": "ham", "highlights": highlights}
        StoredExplanation.objects.create(
            case=case, release=release, target="spam", contrast="ham", body=body, computed_at=now()
        )


def marked(page: Page, side: str) -> list[str]:
    """Return the texts that are highlighted on the page."""
    return page.evaluate(f"[...(CSS.highlights.get('evidence-{side}') ?? [])].map(String)")


def test_a_reviewer_answers_by_keyboard_and_the_next_case_has_the_focus(visit: Any) -> None:
    waiting(review_workflow(), 3, at=now())
    page = visit(person()).open("/review/")
    settled(page)
    page.keyboard.press("2")
    expect(content(page)).to_contain_text("Message 1")
    expect(page.locator("#case-heading")).to_be_focused()
    expect(page.locator("[data-says]")).to_have_text("Next case. Mail")
    expect(page.locator("[data-undo-words]")).to_have_text("Saved: spam")
    expect(page.locator("[data-tally]")).to_have_text("1")
    settled(page)
    page.keyboard.press("c")
    page.keyboard.type("2 pages of 1 offer")  # digits in a comment are no answers
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(content(page)).to_contain_text("Message 2")
    until(lambda: Review.objects.count() == 2)
    assert list(Review.objects.order_by("submitted_at").values_list("label", "comment")) == [
        ("spam", ""),
        ("ham", "2 pages of 1 offer"),
    ]


def test_a_held_key_decides_one_case(visit: Any) -> None:
    waiting(review_workflow(), 5, at=now())
    page = visit(person()).open("/review/")
    settled(page)
    for _ in range(12):
        page.keyboard.down("2")  # without `up` in between: the browser reports a repeat
        page.wait_for_timeout(80)
    page.keyboard.up("2")
    expect(content(page)).to_contain_text("Message 1")
    saved(page)
    assert Review.objects.count() == 1


def test_fast_double_presses_and_clicks_decide_one_case(visit: Any) -> None:
    waiting(review_workflow(), 5, at=now())
    page = visit(person()).open("/review/")
    settled(page)
    page.keyboard.press("2")
    page.keyboard.press("2")
    expect(content(page)).to_contain_text("Message 1")
    page.get_by_role("button", name="ham").dblclick()
    saved(page)
    assert Review.objects.count() <= 2


def test_an_answer_is_taken_back_by_a_key_and_the_case_is_there_again(visit: Any) -> None:
    waiting(review_workflow(), 2, at=now())
    page = visit(person()).open("/review/")
    settled(page)
    page.keyboard.press("2")
    expect(content(page)).to_contain_text("Message 1")
    settled(page)
    page.keyboard.press("Control+z")
    expect(content(page)).to_contain_text("Message 0")
    expect(page.locator("[data-tally]")).to_have_text("0")
    expect(page.locator("[data-undo]")).to_be_hidden()
    assert not Review.objects.filter(undone_at=None).exists()
    settled(page)
    page.keyboard.press("1")
    expect(content(page)).to_contain_text("Message 1")
    until(lambda: Review.objects.filter(undone_at=None, label="ham").exists())


def test_after_the_window_undo_says_what_to_do_instead(visit: Any) -> None:
    waiting(review_workflow(), 2, at=now())
    visitor = visit(person())
    page = visitor.open("/review/")
    settled(page)
    page.keyboard.press("2")
    expect(page.locator("[data-undo-words]")).to_have_text("Saved: spam")
    Review.objects.update(submitted_at=now() - timedelta(seconds=11))
    settled(page)
    page.keyboard.press("u")
    expect(page.locator(".toast").last).to_contain_text("Change the answer instead")
    assert Review.objects.get().undone_at is None
    visitor.troubles.clear()  # the browser notes the refusal


def test_evidence_is_marked_in_the_text_on_both_sides_and_every_place_of_a_word(visit: Any) -> None:
    assisted()
    page = visit(person()).open("/review/")
    expect(page.locator(".evidence-side")).to_have_count(2)
    assert marked(page, "for") == ["refund", "refund"]
    assert marked(page, "against") == ["board"]
    expect(page.get_by_text("Speaks for ham")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator("[data-suggestion-body]")).to_be_hidden()
    assert marked(page, "for") == []
    settled(page)
    page.keyboard.press("Enter")  # nothing can be accepted that is not seen
    assert not Review.objects.exists()
    page.keyboard.press("m")
    assert marked(page, "for") == ["refund", "refund"]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert (Review.objects.get().label, Review.objects.get().shown) == (
        "spam",
        {"suggestion": True, "evidence": "shown"},
    )


def test_what_a_model_elsewhere_quotes_is_marked_as_its_own_words(visit: Any) -> None:
    assisted(status="quoted", highlights=[mark("refund", "for", 0.5), mark("board", "for", 0.5)])
    visitor = visit(person())
    page = visitor.open("/review/")
    expect(page.locator("[data-evidence]")).to_contain_text("Quoted by the model elsewhere")
    expect(page.locator(".evidence-side")).to_have_count(1)
    expect(page.locator("[data-evidence] meter")).to_have_count(0)
    assert marked(page, "for") == ["refund", "refund", "board"]
    visitor.shoot("desk-quoted")
    settled(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert Review.objects.get().shown == {"suggestion": True, "evidence": "quoted"}


def test_browsers_without_highlights_get_marks_made_of_nodes(visit: Any) -> None:
    assisted()
    visitor = visit(person())
    visitor.page.add_init_script("Object.defineProperty(CSS, 'highlights', { value: undefined })")
    page = visitor.open("/review/")
    expect(page.locator("mark.for")).to_have_text(["refund", "refund"])
    expect(page.locator("mark.against")).to_have_text(["board"])
    page.keyboard.press("m")
    expect(page.locator("mark")).to_have_count(0)
    assert page.locator("[data-part=body]").evaluate("element => element.textContent") == BODY


@pytest.mark.parametrize(
    ("status", "highlights", "words"),
    [
        ("weak", [mark("refund", "for", 0.5)], "No clear evidence"),
        ("unavailable", [], "cannot be shown"),
        (
            "ok",
            [mark("refund", "for", 0.5) | {"where": mark("board", "for", 0.5)["where"] | {"quote": "fraud"}}],
            "cannot be shown",
        ),
    ],
)
def test_weak_missing_or_unfitting_evidence_marks_nothing_and_says_so(
    visit: Any, status: str, highlights: list[dict[str, Any]], words: str
) -> None:
    assisted(status=status, highlights=highlights)
    page = visit(person()).open("/review/")
    expect(page.locator("[data-evidence]")).to_contain_text(words)
    assert marked(page, "for") == []


def test_stored_script_never_runs(visit: Any) -> None:
    nasty = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    labels = ["<b>ham</b>", "spam\"><script>document.title='owned'</script>"]
    workflow = workflow_of("nasty", fields=[{"name": "body", "kind": "text"}], labels=labels, name=nasty)
    workflow.review_policy = nasty
    workflow.save()
    ReviewRules.objects.create(workflow=workflow)
    for n in range(2):
        waiting_case(workflow, {"body": nasty}, at=now() + timedelta(seconds=n))
    page = visit(person()).open("/review/")
    settled(page)
    page.keyboard.press("p")
    expect(page.locator("[data-policy]")).to_contain_text("onerror")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator("[data-undo-words]")).to_contain_text("spam")
    expect(content(page)).to_contain_text(nasty)
    assert page.title() == "Review · hitl"
    assert page.locator("[data-content] img, [data-content] script").count() == 0


def test_an_answer_survives_a_lost_network_and_is_sent_once(visit: Any) -> None:
    waiting(review_workflow(), 2, at=now())
    visitor = visit(person())
    page = visitor.open("/review/")
    settled(page)
    visitor.context.set_offline(True)
    page.keyboard.press("2")
    expect(page.locator("[data-banner-words]")).to_contain_text("Not saved yet")
    assert not Review.objects.exists()
    visitor.context.set_offline(False)
    until(lambda: Review.objects.filter(label="spam").count() == 1)
    expect(page.locator("[data-banner]")).to_be_hidden()
    visitor.troubles.clear()  # the browser notes each refused connection


def test_an_answer_survives_a_reload(visit: Any) -> None:
    waiting(review_workflow(), 2, at=now())
    visitor = visit(person())
    page = visitor.open("/review/")
    settled(page)
    page.route("**/review/answer/", lambda route: route.abort())
    page.keyboard.press("2")
    page.wait_for_timeout(200)
    page.unroute("**/review/answer/")
    page.reload()
    expect(content(page)).to_contain_text("Message 1")
    until(lambda: Review.objects.filter(label="spam").count() == 1)
    visitor.troubles.clear()


def test_who_is_signed_out_meanwhile_loses_no_answer(visit: Any) -> None:
    waiting(review_workflow(), 2, at=now())
    reviewer = person()
    visitor = visit(reviewer)
    page = visitor.open("/review/")
    settled(page)
    visitor.context.clear_cookies(name="sessionid")
    page.keyboard.press("2")
    expect(page.locator("[data-banner-words]")).to_contain_text("You are signed out")
    visitor.sign_in(reviewer)
    page.get_by_role("button", name="Try now").click()
    expect(content(page)).to_contain_text("Message 1")
    until(lambda: Review.objects.filter(label="spam").count() == 1)
    visitor.troubles.clear()


def test_a_lost_lease_keeps_the_draft_and_the_case_can_be_taken_again(visit: Any) -> None:
    waiting(review_workflow(), 1, at=now())
    visitor = visit(person())
    page = visitor.open("/review/")
    settled(page)
    reap(now=now() + timedelta(hours=1))
    page.keyboard.press("c")
    page.keyboard.type("A lottery")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.get_by_role("dialog", name="This case is no longer yours")).to_be_visible()
    visitor.shoot("desk-lost")
    page.get_by_role("button", name="Take it again").click()
    expect(page.locator("textarea[name=comment]")).to_have_value("A lottery")
    expect(page.locator("button[value=spam]")).to_have_attribute("aria-pressed", "true")
    assert not Review.objects.exists()
    settled(page)
    page.keyboard.press("2")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert Review.objects.get().comment == "A lottery"
    visitor.troubles.clear()


def test_two_browsers_never_show_the_same_case(visit: Any) -> None:
    waiting(review_workflow(), 6, at=now())
    pages = [visit(person()).open("/review/") for _ in range(2)]
    shown = []
    for _ in range(3):
        for page in pages:
            shown.append(content(page).inner_text())
            settled(page)
            page.keyboard.press("1")
            expect(page.locator("[data-stage]")).not_to_contain_text(shown[-1].split("\n")[-1])
    assert len(set(shown)) == 6
    until(lambda: Review.objects.count() == 6)


def test_an_idle_reviewer_is_asked_and_the_case_goes_back(visit: Any) -> None:
    waiting(review_workflow(lease_seconds=30), 1, at=now())
    visitor = visit(person())
    visitor.page.clock.install()
    page = visitor.open("/review/")
    words = page.get_by_text("Welcome back")
    for _ in range(150):  # nobody is there; second by second, so that its requests are answered between
        page.clock.run_for(1_000)
        page.wait_for_timeout(20)
        if words.is_visible():
            break
    expect(words).to_be_visible()
    until(lambda: Task.objects.get().status == "waiting")  # the request to give it back follows the words


def test_leaving_the_page_shortens_the_lease(visit: Any) -> None:
    waiting(review_workflow(), 1, at=now())
    page = visit(person()).open("/review/")
    page.goto("about:blank")
    until(lambda: Task.objects.get().lease_until < now() + timedelta(seconds=61))


def test_an_empty_desk_fills_by_itself(visit: Any) -> None:
    workflow = review_workflow()
    page = visit(person()).open("/review/")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    waiting(workflow, 1, at=now())
    page.mouse.move(10, 10)
    expect(content(page)).to_contain_text("Message 0", timeout=15_000)


def test_a_case_is_skipped_with_a_reason_by_two_keys(visit: Any) -> None:
    waiting(review_workflow(), 2, at=now())
    page = visit(person()).open("/review/")
    settled(page)
    page.keyboard.press("s")
    page.keyboard.press("2")
    expect(content(page)).to_contain_text("Message 1")
    until(lambda: Task.objects.filter(case__content__body="Message 0", skips__reason="knowledge").exists())


def test_the_last_answers_are_listed_and_lead_to_a_change(visit: Any) -> None:
    waiting(review_workflow(), 1, at=now())
    visitor = visit(person())
    page = visitor.open("/review/")
    settled(page)
    page.keyboard.press("2")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    page.get_by_role("button", name="Recent").click()
    visitor.shoot("desk-recent")
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_role("heading", name="Change the answer")).to_be_visible()
    assert visitor.is_accessible()
    visitor.shoot("desk-amend")
    page.get_by_label("ham").check()
    page.get_by_label("Why it changes").fill("A newsletter")
    page.get_by_role("button", name="Change the answer").click()
    page.wait_for_load_state("networkidle")
    assert Case.objects.get().answer == "ham"


def test_every_state_of_the_desk_is_accessible_and_fits(visit: Any) -> None:
    assisted(1)
    _table_and_media()
    visitor = visit(person())
    for state in ("text", "table", "media", "empty"):
        page = visitor.open("/review/")
        if state != "empty":
            expect(page.locator(".evidence-side")).to_have_count(2)
        visitor.look(f"desk-{state}")
        if state == "text":
            for key, dialog in (("?", "Keys"), ("p", "Policy"), ("s", "Why skip it?")):
                settled(page)
                page.keyboard.press(key)
                expect(page.get_by_role("dialog", name=dialog)).to_be_visible()
                visitor.look(f"desk-{key.strip('?') or 'keys'}")
                page.keyboard.press("Escape")
        if state != "empty":
            settled(page)
            page.keyboard.press("1")
            expect(page.locator("[data-undo]")).to_be_visible()
            visitor.look(f"desk-after-{state}")
            expect(page.locator("[data-desk]")).not_to_have_attribute("aria-busy", "true")
            saved(page)


def _table_and_media() -> None:
    fields = [
        {"name": "income", "kind": "number"},
        {"name": "job", "kind": "category", "required": False},
        {"name": "photo", "kind": "image", "required": False},
        {"name": "call", "kind": "audio", "required": False},
    ]
    workflow = workflow_of("mixed", fields=fields, labels=["approve", "decline"], name="Credit applications")
    ReviewRules.objects.create(workflow=workflow)
    release = automating_workflow().releases.get()
    photo = image_asset()
    call = stored(b"RIFF", "audio/wav", duration_ms=2000)
    contents = [
        {"income": 129.0, "job": None, "photo": None, "call": None},
        {
            "income": 129.0,
            "job": "baker",
            "photo": {"asset": photo.sha256},
            "call": {"asset": call.sha256},
        },
    ]
    found = [
        {"where": {"path": "income"}, "side": "for", "share": 0.4, "label": "income 129", "why": {}},
        {"where": {"path": "job"}, "side": "against", "share": 0.2, "label": "job", "why": {}},
        {
            "where": {"asset": "photo", "x": 0.1, "y": 0.2, "w": 0.4, "h": 0.4},
            "side": "for",
            "share": 0.3,
            "label": "region",
            "why": {},
        },
    ]
    for n, body in enumerate(contents):
        case = waiting_case(workflow, body, at=now() + timedelta(hours=n + 1))
        suggest(case, release, label="decline", confidence=0.93, runner_up="approve")
        StoredExplanation.objects.create(
            case=case,
            release=release,
            target="decline",
            contrast="approve",
            body={"status": "ok", "target": "decline", "contrast": "approve", "highlights": found},
            computed_at=now(),
        )


def test_a_ready_note_is_put_into_the_comment_by_key_or_click_and_goes_with_the_answer(visit: Any) -> None:
    notes = ["Sent twice.", "Asked the <b>sender</b> & wait"]
    waiting(review_workflow(ready_notes=notes), 1, at=now())
    visitor = visit(person())
    page = visitor.open("/review/")
    settled(page)
    page.keyboard.press("c")
    page.keyboard.type("See below.")
    page.keyboard.press("Alt+1")
    field = page.locator("textarea[name=comment]")
    expect(field).to_have_value("See below. Sent twice.")
    expect(field).to_be_focused()
    page.locator("[data-note]").nth(1).click()
    expect(field).to_have_value(f"See below. Sent twice. {notes[1]}")
    assert visitor.is_accessible()
    visitor.shoot("ready-notes")
    page.reload()  # it is a draft like any other
    settled(page)
    expect(field).to_have_value(f"See below. Sent twice. {notes[1]}")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    until(lambda: Review.objects.exists())
    assert Review.objects.get().comment == f"See below. Sent twice. {notes[1]}"


def test_the_words_that_decide_are_named_and_never_run(visit: Any) -> None:
    nasty = '<img src=x onerror="alert(1)">'
    assisted()
    body = StoredExplanation.objects.get().body
    changes = [{"path": "body", "without": "refund"}, {"path": "body", "without": nasty}]
    StoredExplanation.objects.update(
        body={**body, "flips": [{"changes": changes, "label": "ham", "p": 0.31}]}
    )
    visitor = visit(person())
    page = visitor.open("/review/")
    flip = page.locator(".evidence-flip")
    expect(flip.locator("h3")).to_have_text("Would be ham without")
    expect(flip.locator("q")).to_have_text(["refund", nasty])
    expect(flip.locator("li").first).to_have_text("refund in body")
    assert visitor.is_accessible()
    visitor.shoot("without-words")


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_every_tool_of_the_desk_is_on_the_screen(visit: Any, width: int) -> None:
    waiting(review_workflow(), 1)
    visitor = visit(person(Role.REVIEWER, Role.BATCHER), viewport={"width": width, "height": 800})
    page = visitor.open("/review/")
    for tool in page.locator(".desk-tools .button").all():
        box = tool.bounding_box()
        assert box["x"] >= 0, tool.inner_text()
        assert box["x"] + box["width"] <= width, tool.inner_text()
    assert page.locator(".desk-tools .button").count() == 6
    assert visitor.fits()
