"""A canary on its release's page in a real browser: start it, read it, hold it, roll it back."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.shared import clock
from models_store.selectors import roles_now
from policy.models import Certificate
from tests.support.canary_rows import canary_world
from tests.support.factories import person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator() -> User:
    return person(Role.OPERATOR, username="ann")


def test_a_canary_is_started_read_held_and_rolled_back(operator, visit) -> None:  # type: ignore[no-untyped-def]
    world = canary_world(history=120, wrong=12)
    Certificate.objects.update(valid_until=clock.now() + timedelta(days=1))
    visitor = visit(operator)
    path = f"/models/releases/{world.release.pk}/"
    page = visitor.open(path)
    expect(page.get_by_role("button", name="Start a canary")).to_be_visible()
    visitor.look("canary-none")
    page.get_by_role("button", name="Start a canary").click()
    page.get_by_label("Reason").locator("visible=true").fill("It looks good in shadow.")
    page.get_by_role("button", name="Start the canary").click()
    expect(page.get_by_text("decides its first cases")).to_be_visible()
    world.at = clock.now() - timedelta(hours=2)
    world.canary.__class__.objects.update(started_at=world.at, step_since=world.at)
    world.traffic(canary=15, canary_wrong=1, champion=20)
    page = visitor.open(path)
    expect(page.get_by_text("nobody can say yet")).to_have_count(0)
    visitor.look("canary-going")
    page.get_by_role("button", name="Hold").click()
    page.get_by_label("Reason").locator("visible=true").fill("The fair is on.")
    page.get_by_role("button", name="Hold it").click()
    expect(page.get_by_text("Held by a person")).to_be_visible()
    visitor.look("canary-held")
    page.get_by_role("button", name="Roll back").click()
    page.get_by_label("Reason").locator("visible=true").fill("It looks odd.")
    page.get_by_role("button", name="Roll it back").click()
    expect(page.get_by_role("link", name="Recall its decisions")).to_be_visible()
    assert roles_now(world.workflow.pk)[world.release.pk].role == "retired"
    visitor.look("canary-rolled-back")
