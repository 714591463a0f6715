"""The promise page in a real browser: what is tried moves the numbers at once, by mouse and by keys."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.shared import clock
from monitoring.watch import watch
from tests.support.factories import NOW, person
from tests.support.live_rows import decided, evaluated
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, workflow_with_policy

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def operator() -> User:
    """Somebody who may change the promise."""
    clock.use(lambda: LATER)
    return person(Role.OPERATOR, username="ann")


def living(**policy: str) -> Workflow:
    """Return a workflow that has been deciding for a day, watched, with a trial going on."""
    release = champion_of(workflow_with_policy(degree="partial", **policy))
    cutoffs_of(release, certificate_of(release))
    evaluated(release, error=0.08)
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    decided(
        release, 60, at=NOW, wrong=1, inclusion_probability=0.76, reason="ramp", every=timedelta(minutes=9)
    )
    decided(
        release,
        40,
        at=NOW + timedelta(hours=10),
        wrong=9,
        inclusion_probability=0.5,
        reason="below_cutoff",
        score=0.6,
    )
    decided(release, 2, at=NOW + timedelta(hours=11), inclusion_probability=0.02, answered=False, due_at=NOW)
    watch(release.workflow_id, now=LATER, settle=timedelta(0))
    return release.workflow


def test_the_page_is_accessible_and_fits(visit, operator):
    visitor = visit(operator)
    page = visitor.open(f"/automation/{living(scope='per_label').slug}/promise/")
    for part in (
        "Wrong now",
        "Certificate",
        "What if",
        "The monitor",
        "Why not more?",
        "What it does not say",
    ):
        expect(page.get_by_role("heading", name=part, exact=True)).to_be_visible()
    expect(page.locator("[data-plot] canvas")).to_have_count(1)
    for details in page.locator("details").all():
        details.locator("summary").click()
    visitor.look("promise-per-label")


def test_target_and_cutoff_are_tried_by_keys_and_mouse_and_taken_to_their_forms(visit, operator):
    workflow = living()
    page = visit(operator).open(f"/automation/{workflow.slug}/promise/")
    then = page.locator("[data-then=share]")
    in_force = page.locator("[data-now=share]").inner_text()
    expect(then).to_have_text(in_force)
    page.get_by_label("Cutoff", exact=True).press("Home")
    assert float(then.inner_text().split()[0]) < float(in_force.split()[0])
    page.get_by_label("Target", exact=True).press("End")
    expect(page.locator("[data-then=target]")).to_have_text("20.00 %")
    expect(then).to_have_text("100.0 %")
    expect(page.locator("[data-verdict]")).to_contain_text("would probably be proved")
    area = page.locator("[data-risk] .u-over")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + box["height"] - 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] - 30, steps=4)
    page.mouse.up()
    assert 40 < float(then.inner_text().split()[0]) < 65
    tried = page.locator("[data-then=cutoff]").inner_text()
    page.get_by_role("link", name="Set this cutoff by hand").click()
    page.wait_for_load_state("networkidle")
    assert float(page.get_by_role("spinbutton", name="Cutoff").input_value()) == pytest.approx(
        float(tried), rel=1e-5
    )
    page.get_by_role("link", name="Promise", exact=True).click()
    page.get_by_label("Target", exact=True).press("End")
    page.get_by_role("link", name="Promise this target").click()
    expect(page.get_by_label("At most this many wrong, %")).to_have_value("20")
