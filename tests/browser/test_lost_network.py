"""The network goes away for a minute and the tab is loaded again in between: nothing lost, nothing twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Route, expect

from cases.models import Label
from hitl.shared import clock
from policy.models import Decision
from reviews.models import Review, Task
from reviews.services.leases import reap
from tests.browser.at_desk import content, open_desk, press, saved, settled, until
from tests.support.factories import person
from tests.support.review_rows import review_workflow, waiting

pytestmark = pytest.mark.django_db(transaction=True)


def said() -> dict[str, str]:
    """Return what was answered to each case; nothing may stand twice."""
    pairs = list(Review.objects.filter(undone_at=None).values_list("case__content__body", "label"))
    assert len(pairs) == len(dict(pairs))
    for model in (Label.objects.filter(superseded_at=None), Decision.objects.filter(reason="reviewed")):
        assert set(Counter(model.values_list("case_id", flat=True)).values()) <= {1}
    return dict(pairs)


def later(seconds: float) -> None:
    """Let the service believe that so much more time has passed."""
    ahead = clock.now() - datetime.now(UTC) + timedelta(seconds=seconds)
    clock.use(lambda: datetime.now(UTC) + ahead)


def test_a_minute_without_a_network_and_a_reload_lose_nothing_and_say_nothing_twice(
    visit: Any, live_server: Any
) -> None:
    waiting(review_workflow(), 6, at=clock.now())
    visitor = visit(person())
    page = open_desk(visitor)
    with live_server.thread.httpd.cut_off():
        visitor.context.set_offline(True)
        for n, key in enumerate("212"):  # the one on the page, and two that lie ready
            expect(content(page)).to_contain_text(f"Message {n}")
            press(page, key)
        expect(page.locator("[data-banner-words]")).to_contain_text("Your 3 answers", timeout=20_000)
        with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
            page.reload()
        assert said() == {}
    later(60)
    visitor.context.set_offline(False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rstrip("/").rpartition("/")[2]))
    page.goto(visitor.address + "/review/")
    until(lambda: Review.objects.count() == 3)
    saved(page)
    # More is claimed only then: with full hands the service would let go of what has been answered.
    assert "ahead" not in asked[: len(asked) - asked[::-1].index("answer")]
    assert said() == {"Message 0": "spam", "Message 1": "ham", "Message 2": "spam"}
    press(page, "3")  # and the work goes on, with a case that nobody has answered
    until(lambda: Review.objects.count() == 4)
    assert sorted(said().values()) == ["ham", "spam", "spam", "unsure"]
    visitor.troubles.clear()  # the browser notes each refused connection


def test_an_answer_that_the_browser_will_not_keep_is_sent_all_the_same(visit: Any) -> None:
    waiting(review_workflow(), 2, at=clock.now())
    visitor = visit(person())
    visitor.page.add_init_script(
        "IDBObjectStore.prototype.put = () => { throw new Error('the disk is full'); };"
    )
    page = open_desk(visitor)
    press(page, "2")
    until(lambda: Review.objects.count() == 1)
    saved(page)
    assert said() == {"Message 0": "spam"}


def test_a_reply_that_is_lost_on_its_way_back_does_not_make_the_answer_count_twice(visit: Any) -> None:
    waiting(review_workflow(), 3, at=clock.now())
    visitor = visit(person())
    page = open_desk(visitor)

    def lose(route: Route) -> None:
        route.fetch()  # the service has heard it; the page never will
        route.abort()

    page.route("**/review/answer/", lose)
    press(page, "2")
    expect(page.locator("[data-saving]")).to_have_attribute("data-saving", "retrying")
    assert said() == {"Message 0": "spam"}
    page.unroute("**/review/answer/")
    page.reload()
    saved(page)
    expect(content(page)).to_contain_text("Message 1")
    press(page, "1")
    until(lambda: Review.objects.count() == 2)
    saved(page)
    assert said() == {"Message 0": "spam", "Message 1": "ham"}
    visitor.troubles.clear()


def test_an_answer_whose_lease_ended_while_the_network_was_away_is_kept_and_never_forced(visit: Any) -> None:
    waiting(review_workflow(lease_seconds=30), 2, at=clock.now())
    visitor = visit(person())
    page = open_desk(visitor)
    visitor.context.set_offline(True)
    press(page, "2")
    expect(page.locator("[data-banner-words]")).to_contain_text("kept here")
    later(3600)  # meanwhile somebody else was given the case, and answered
    other = other_answers(visit)
    assert said() == other
    visitor.context.set_offline(False)
    expect(page.locator("[data-banner-words]")).to_contain_text("was not saved")
    assert said() == other
    visitor.troubles.clear()


def other_answers(visit: Any) -> dict[str, str]:
    """Let somebody else answer everything, after the reaper has come by."""
    reap(now=clock.now())
    page = visit(person()).open("/review/")
    for left in (1, 0):
        press(page, "1")
        until(lambda left=left: Task.objects.exclude(status="done").count() == left)
    return said()


def test_a_half_written_comment_outlives_a_reload_without_a_network(visit: Any) -> None:
    waiting(review_workflow(), 1, at=clock.now())
    visitor = visit(person())
    page: Page = visitor.open("/review/")
    press(page, "c")
    page.keyboard.type("Only half a sent")
    visitor.context.set_offline(True)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()
    visitor.context.set_offline(False)
    page.goto(visitor.address + "/review/")
    settled(page)
    expect(page.locator("textarea[name=comment]")).to_have_value("Only half a sent")
    visitor.troubles.clear()
