"""The overview in a real browser: where every promise stands, what is automated, what waits."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from cases.models import Workflow
from hitl.accounts.types import Role
from hitl.shared import clock
from monitoring.overview.figures import read_figures
from monitoring.tallies.fold import fold_decisions
from monitoring.watch import watch
from policy.services.breaker import trip_breaker
from tests.support.factories import NOW, TESTER, person
from tests.support.live_rows import decided
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, workflow_with_policy

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(hours=3)


def deciding() -> Workflow:
    """Return a workflow that has decided by itself for some hours, audited and watched."""
    release = champion_of(workflow_with_policy(degree="partial"))
    cutoffs_of(release, certificate_of(release, status="certified"))
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    decided(release, 60, at=NOW, wrong=1, inclusion_probability=0.5)
    watch(release.workflow_id, now=LATER, settle=timedelta(0))
    fold_decisions(workflow_id=release.workflow_id, now=LATER)
    clock.use(lambda: LATER)
    read_figures(now=LATER)
    return release.workflow


def test_the_overview_is_accessible_and_fits(visit: Any) -> None:
    workflow = deciding()
    stopped = workflow_with_policy(degree="assist")
    trip_breaker(workflow_id=stopped.pk, reason="Odd answers.", actor=TESTER, now=LATER)
    visitor = visit(person(Role.OPERATOR))
    page = visitor.open("/overview/")
    rows = page.locator("tbody tr:has(.row-link)")
    expect(rows.nth(0).get_by_text("Stopped", exact=True)).to_be_visible()  # the worst first
    expect(rows.nth(1).get_by_text("Kept", exact=True)).to_be_visible()
    expect(page.get_by_text("is stopped: people decide every case")).to_be_visible()
    expect(page.locator(".log").get_by_text("stopped automation")).to_be_visible()
    visitor.look("overview")
    rows.nth(1).get_by_role("link", name="Mail").click()
    expect(page.locator(".overview-status .badge").get_by_text("Kept")).to_be_visible()
    visitor.look("overview-workflow")
    page.get_by_text("Show the numbers").click()
    page.locator("figure.plot tbody th a").last.click()
    expect(page).to_have_url(re.compile(rf"/cases/\?workflow={workflow.slug}&received_from="))


def test_the_overview_tells_of_a_stop_without_a_reload(visit: Any) -> None:
    workflow = deciding()
    page = visit(person(Role.OPERATOR)).open("/overview/")
    expect(page.get_by_text("Nothing needs anybody now.")).to_be_visible()
    trip_breaker(workflow_id=workflow.pk, reason="Odd answers.", actor=TESTER, now=LATER)
    expect(page.get_by_text("is stopped: people decide every case")).to_be_visible()


def test_a_click_in_a_plot_leads_to_the_cases_behind_it(visit: Any) -> None:
    workflow = deciding()
    page = visit(person(Role.OPERATOR)).open(f"/overview/{workflow.slug}/")
    page.locator(".u-over").click()
    expect(page).to_have_url(re.compile(rf"/cases/\?workflow={workflow.slug}&received_from="))


def test_a_promise_that_no_longer_stands_is_told_without_a_reload(visit: Any) -> None:
    workflow = deciding()
    page = visit(person(Role.OPERATOR)).open(f"/overview/{workflow.slug}/")
    expect(page.locator(".overview-status")).to_contain_text("It is proved")
    trip_breaker(workflow_id=workflow.pk, reason="Odd answers.", actor=TESTER, now=LATER)
    expect(page.locator(".overview-status")).to_contain_text("Odd answers. A person tripped the breaker")


def test_without_a_workflow_it_says_how_to_begin(visit: Any) -> None:
    visitor = visit(person(Role.ADMINISTRATOR))
    page = visitor.open("/overview/")
    expect(page.get_by_text("No workflow yet")).to_be_visible()
    assert visitor.is_accessible()
    visitor.shoot("overview-empty")
