"""Pages of monitoring in a real browser: each does what it says; nothing for axe to find, and it fits."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from hitl.accounts.types import Role
from hitl.shared import clock
from monitoring.alarms.proposals import NEVER_HELPED, proposals
from monitoring.maintain.run import make_study
from monitoring.models import Alarm, AlarmRule, DataStudy
from monitoring.risks.drills import ask_for_drill, keep_outcome
from monitoring.types import AlarmStatus
from reviews.models import Task
from tests.browser.conftest import NARROW, WIDE
from tests.support import count_rows
from tests.support.count_rows import counted_world
from tests.support.data_rows import erring_workflow, labelled_by, waiting_with_suggestions
from tests.support.drift_history import History
from tests.support.factories import NOW, person

pytestmark = pytest.mark.django_db(transaction=True)


def looked_at(visitor: Any, name: str) -> None:
    """Look at the page as it stands, wide and light, then narrow and dark."""
    page = visitor.page
    for viewport, scheme in ((WIDE, "light"), (NARROW, "dark")):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme)
        visitor.settle()
        assert visitor.is_accessible()
        assert visitor.fits()
        visitor.shoot(f"monitoring-{name}-{scheme}")
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")


def test_proposed_terms_are_accepted_and_a_useless_metric_is_retired_from_the_page(visit: Any) -> None:
    history = History()
    history.read(*[0.03] * 5)
    for value, verdict in ((0.12, "noise"), (0.13, "noise"), (0.4, "real"), (0.14, "noise")):
        history.alarm(value, verdict)
    visitor = visit(person(Role.OPERATOR, username="olga"))
    address = reverse("monitoring", args=["loans"])
    page = visitor.open(address)
    expect(page.get_by_text("would have risen once instead of 4 times")).to_be_visible()
    looked_at(visitor, "proposals")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("The new terms hold from the next check on.")).to_be_visible()
    expect(page.get_by_text("in force")).to_be_visible()
    rule = AlarmRule.objects.get(ended_at=None)
    assert (rule.is_watched, rule.least_effect, rule.set_by) == (True, 0.15, "olga")

    page.get_by_role("button", name="Back to the usual terms").click()
    expect(page.get_by_text("The usual terms hold from the next check on.")).to_be_visible()
    Alarm.objects.update(verdict="noise")
    for _ in range(NEVER_HELPED - 4):
        history.alarm(0.3, "noise")
    page = visitor.open(address)
    expect(page.get_by_text("No alarm any more: its alarms have never helped.")).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("no alarm any more")).to_be_visible()
    assert not AlarmRule.objects.get(ended_at=None).is_watched
    assert not proposals(history.world.workflow.pk)
    looked_at(visitor, "retired")


def test_who_is_told_and_what_could_go_wrong_are_set_and_played_on_their_pages(visit: Any) -> None:
    counted_world()
    visitor = visit(person(Role.OPERATOR, username="olga"))
    page = visitor.open(reverse("monitoring", args=["loans"]))
    page.get_by_label("Owner").select_option("olga")
    page.get_by_label("Mail to").fill("duty@shop.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: who is told of alarms.")).to_be_visible()
    expect(page.get_by_text("no mail server is set")).to_be_visible()
    looked_at(visitor, "route")
    drill = ask_for_drill(fault="field_missing", actor=person(Role.OPERATOR).as_actor(), now=clock.now())
    seen = {"raised": True, "told": True, "cleared": True, "days": 2, "days_after": 1, "early": 0}
    keep_outcome(drill, {**seen, "metric": "amount"}, now=clock.now())
    page = visitor.open(reverse("risks"))
    expect(page.get_by_text("amount: alarm on day 2 of it")).to_be_visible()
    page.locator("#new-category").get_by_role("button", name="Play it").click()
    expect(page.get_by_text("A worker plays it")).to_be_visible()
    expect(page.locator("#new-category").get_by_text("waits for a worker")).to_be_visible()
    looked_at(visitor, "risks")
    page.get_by_label("Of", exact=True).select_option("loans")
    expect(page.get_by_text("Pictures are darker")).to_have_count(0)


def test_what_data_is_missing_is_studied_and_asked_about_on_its_page(visit: Any) -> None:
    clock.use(lambda: NOW)
    workflow, release = erring_workflow()
    waiting_with_suggestions(release, 120)
    ann, bob = person(Role.REVIEWER, username="ann"), person(Role.REVIEWER, username="bob")
    good, bad = release.labels
    labelled_by(release, [(ann, good, bob, bad if i % 4 == 0 else good) for i in range(24)])
    visitor = visit(person(Role.LEAD, username="lea"))
    address = reverse("data-needed", args=[workflow.slug])
    page = visitor.open(address)
    looked_at(visitor, "data-empty")
    page.get_by_role("button", name="Study the data").click()
    expect(page.get_by_text("waits for a worker")).to_be_visible()
    make_study(DataStudy.objects.get().pk, now=NOW)
    expect(page.get_by_role("heading", name="Worth a label next")).to_be_visible()  # by itself
    expect(page.get_by_text("errs more", exact=True).first).to_be_visible()
    page.get_by_text("100 cases, of 120 that wait").click()
    looked_at(visitor, "data")
    page.get_by_role("button", name="Ask about these first").click()
    expect(page.get_by_text("100 cases go before the others now.")).to_be_visible()
    assert Task.objects.filter(priority=1).count() == 100


def test_an_alarm_is_read_silenced_and_closed(visit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(count_rows, "FIRST", midnight - timedelta(days=34))
    world = counted_world()
    world.count_days(0, 31)
    world.live(31, 34, lambda _: {"new_job": 0.3})
    alarm = Alarm.objects.get(field="job", reference="before")
    visitor = visit(person(Role.OPERATOR, username="ann"))
    page = visitor.page

    visitor.open(reverse("monitoring", args=["loans"]))
    looked_at(visitor, "metrics")
    page.get_by_role("link", name="job", exact=True).click()
    expect(page.get_by_text("“never seen before”")).to_be_visible()
    looked_at(visitor, "metric")
    visitor.open(reverse("monitoring"))
    looked_at(visitor, "alarms")
    page.get_by_role("link", name="job", exact=True).first.click()
    looked_at(visitor, "alarm")
    page.get_by_role("button", name="Silence", exact=True).click()
    page.locator("#silence-note").fill("The fair is on.")
    looked_at(visitor, "silence")
    page.locator("#silence").get_by_role("button", name="Silence").click()
    expect(page.get_by_text("It opens again by itself.")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_label("What was it?").select_option("real")
    page.get_by_label("What did you find?").fill("A form had another list.")
    page.get_by_role("button", name="Close the alarm").click()
    expect(page.get_by_text("A form had another list.").first).to_be_visible()
    alarm.refresh_from_db()
    assert (alarm.status, alarm.verdict) == (AlarmStatus.CLOSED, "real")
