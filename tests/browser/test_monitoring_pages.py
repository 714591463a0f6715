"""Alarms and metrics in a real browser: read, silenced and closed; nothing for axe to find, and it fits."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from hitl.accounts.types import Role
from hitl.shared import clock
from monitoring.models import Alarm
from monitoring.types import AlarmStatus
from tests.browser.conftest import NARROW, WIDE
from tests.support import count_rows
from tests.support.count_rows import counted_world
from tests.support.factories import person

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_alarm_is_read_silenced_and_closed(visit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(count_rows, "FIRST", midnight - timedelta(days=34))
    world = counted_world()
    world.count_days(0, 31)
    world.live(31, 34, lambda _: {"new_job": 0.3})
    alarm = Alarm.objects.get(field="job", reference="before")
    visitor = visit(person(Role.OPERATOR, username="ann"))
    page = visitor.page

    def looked_at(name: str) -> None:
        for viewport, scheme in ((WIDE, "light"), (NARROW, "dark")):
            page.set_viewport_size(viewport)
            page.emulate_media(color_scheme=scheme)
            visitor.settle()
            assert visitor.is_accessible()
            assert visitor.fits()
            visitor.shoot(f"monitoring-{name}-{scheme}")
        page.set_viewport_size(WIDE)

    visitor.open(reverse("monitoring", args=["loans"]))
    looked_at("metrics")
    page.get_by_role("link", name="job", exact=True).click()
    expect(page.get_by_text("“never seen before”")).to_be_visible()
    looked_at("metric")
    visitor.open(reverse("monitoring"))
    looked_at("alarms")
    page.get_by_role("link", name="job", exact=True).first.click()
    looked_at("alarm")
    page.get_by_role("button", name="Silence", exact=True).click()
    page.locator("#silence-note").fill("The fair is on.")
    looked_at("silence")
    page.locator("#silence").get_by_role("button", name="Silence").click()
    expect(page.get_by_text("It opens again by itself.")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_label("What was it?").select_option("real")
    page.get_by_label("What did you find?").fill("A form had another list.")
    page.get_by_role("button", name="Close the alarm").click()
    expect(page.get_by_text("A form had another list.").first).to_be_visible()
    alarm.refresh_from_db()
    assert (alarm.status, alarm.verdict) == (AlarmStatus.CLOSED, "real")
