"""Each fault that can be drilled, as an operator meets its alarm: on the overview, its page, its answer."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from hitl.accounts.types import Role
from hitl.simulate.drills import FAULTS
from hitl.simulate.drills.play import a_drill
from monitoring.alarms.selectors import key_of
from monitoring.drift.metrics import words_of
from monitoring.types import AlarmStatus
from tests.support.factories import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.mark.parametrize("fault", FAULTS)
def test_its_alarm_is_found_understood_and_answered(visit: Any, fault: str) -> None:
    with a_drill(fault) as drill:
        drill.live_calmly()
        alarm = drill.strike()
        assert alarm is not None
        words = words_of(key_of(alarm))
        visitor = visit(person(Role.OPERATOR, username="olga"))
        page = visitor.open(reverse("overview"))
        expect(page.get_by_text("alarm").first).to_be_visible()
        page = visitor.open(reverse("monitoring"))
        page.get_by_role("link", name=words).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(words)
        visitor.look(f"fault-{fault}")
        page.get_by_role("link", name="This metric").click()
        visitor.look(f"fault-{fault}-metric")
        page.go_back()
        page.get_by_role("button", name="Acknowledge").click()
        page.get_by_role("button", name="Close", exact=True).first.click()
        page.get_by_label("What was it?").select_option("real")
        page.get_by_label("What did you find?").fill("A drill.")
        page.get_by_role("button", name="Close the alarm").click()
        expect(page.get_by_text("A drill.").first).to_be_visible()
        alarm.refresh_from_db()
        assert (alarm.status, alarm.verdict) == (AlarmStatus.CLOSED, "real")
