"""From pages alone an operator stops everything, starts it again, rolls back, recalls, and replays."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from hitl.accounts.types import Role
from hitl.shared import clock
from hitl.stop.selectors import stop_in_force
from models_store.selectors import champion
from models_store.services.roles import promote
from monitoring.models import ReplayRun
from monitoring.replay.asked import work
from policy.models import Certificate, Recall
from reviews.models import ReviewRules
from tests.support.factories import TESTER, person
from tests.support.live_rows import decided
from tests.support.release_rows import releases

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_bad_day_is_put_right_from_pages_alone(visit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = releases(monkeypatch)
    Certificate.objects.update(valid_until=clock.now() + timedelta(days=1))
    ReviewRules.objects.create(workflow=world.workflow)
    good, bad = world.champion, world.release
    promote(release_id=bad.pk, actor=TESTER, now=clock.now(), reason="It looked good.")
    decided(bad, 30, at=clock.now() - timedelta(hours=1), drawn=False)
    visitor = visit(person(Role.OPERATOR, username="ann"))
    page = visitor.open("/overview/")
    page.get_by_role("button", name="Stop everything").first.click()
    page.get_by_label("Why").locator("visible=true").fill("Customers complain.")
    visitor.look("way-back-stop-asks")
    page.get_by_role("dialog").get_by_role("button", name="Stop everything").click()
    expect(page.get_by_text("All automation is stopped.")).to_be_visible()
    assert stop_in_force() is not None
    visitor.look("way-back-stopped")

    page.get_by_role("link", name=world.workflow.name).first.click()
    page.get_by_role("button", name=f"Roll back to {good.name}").click()
    page.get_by_label("Reason").locator("visible=true").fill("The new one errs.")
    visitor.look("way-back-roll-back-asks")
    page.get_by_role("dialog").get_by_role("button", name="Roll back to it").click()
    visitor.settle()
    assert champion(world.workflow.pk) == good
    visitor.look("way-back-rolled-back")

    visitor.open(f"/models/releases/{bad.pk}/")
    page.get_by_role("link", name="Recall its decisions").click()
    page.get_by_label("Why").fill("It erred.")
    page.get_by_role("button", name="See what it takes").click()
    expect(page.get_by_role("heading", name="It would take")).to_be_visible()
    visitor.look("way-back-recall-preview")
    page.get_by_role("button", name="Recall them").click()
    visitor.settle()
    assert Recall.objects.get().release == bad
    visitor.look("way-back-recalled")

    page.get_by_role("button", name="Start again").first.click()
    page.get_by_label("What was found and done").fill("The model before is back.")
    page.get_by_role("dialog").get_by_role("button", name="Start again").click()
    expect(page.get_by_text("All automation is stopped.")).to_have_count(0)

    visitor.open(f"/automation/{world.workflow.slug}/")
    page.get_by_role("link", name="Replay").click()
    visitor.look("way-back-replay-form")
    page.get_by_label(re.compile("^Cutoff for")).first.fill("0.95")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("Waits for a worker")).to_be_visible()
    visitor.look("way-back-replay-waits")
    assert work(replay_id=ReplayRun.objects.get().pk, now=clock.now())
    expect(page.get_by_role("table", name="What would have been")).to_be_visible()
    visitor.look("way-back-replayed")
    page.get_by_role("link", name="Change and replay again").click()
    expect(page.get_by_label(re.compile("^Cutoff for")).first).to_have_value("0.95")


def test_who_is_quick_stops_everything_before_a_script_is_there(visit: Any) -> None:
    visitor = visit(person(Role.OPERATOR, username="ann"))
    page = visitor.page
    page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{visitor.address}/overview/")
    page.get_by_role("button", name="Stop everything").first.click()
    page.get_by_label("Why").locator("visible=true").fill("Customers complain.")
    page.get_by_role("dialog").get_by_role("button", name="Stop everything").click()
    expect(page.get_by_text("All automation is stopped.")).to_be_visible()
    assert stop_in_force() is not None
