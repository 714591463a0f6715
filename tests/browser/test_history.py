"""The history of a workflow's models in a real browser: in both schemes, wide and narrow, full and empty."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from hitl.accounts.types import Role
from hitl.shared import clock
from models_store.models import Release, RoleSpan
from models_store.services.roles import promote
from monitoring.tallies.fold import fold_decisions
from policy.services.canaries import roll_back_canary
from tests.support.factories import TESTER, person
from tests.support.live_rows import decided
from tests.support.policy_rows import (
    certificate_of,
    champion_of,
    cutoffs_of,
    lead,
    workflow_with_policy,
)
from tests.support.release_rows import BEGUN, releases

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def test_the_history_of_models_is_seen_and_read(visit, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    world = releases(monkeypatch)
    canary = world.begin()
    for day, wrong in enumerate((1, 0, 2, 1, 6, 9, 2)):
        at = BEGUN + day * DAY
        decided(world.champion, 60, at=at, wrong=wrong)
        decided(world.champion, 20 + 5 * day, at=at, reason="below_cutoff", drawn=False)
    roll_back_canary(
        canary_id=canary.pk, actor=lead("lea"), now=BEGUN + 4 * DAY, reason="Audits show that it is worse."
    )
    promote(release_id=_third(world).pk, actor=TESTER, now=BEGUN + 5 * DAY, reason="It passed the test.")
    now = BEGUN + 7 * DAY
    fold_decisions(workflow_id=world.workflow.pk, now=now)
    RoleSpan.objects.filter(since__lt=BEGUN).update(since=BEGUN - DAY)
    measured = [{"name": "linear", "accuracy": 0.97, "aurc": 0.01}]
    Release.objects.update(report={"chosen": "linear", "candidates": measured, "n_rows": 1_000})
    clock.use(lambda: now)
    visitor = visit(person(Role.OPERATOR))
    page = visitor.open(f"/models/{world.workflow.slug}/")
    expect(page.get_by_text("Its canary was rolled back at 1 %")).to_be_visible()
    expect(page.locator("#history canvas")).to_have_count(2)
    visitor.look("history")


def _third(world):  # type: ignore[no-untyped-def]
    release = champion_of(world.workflow, role="shadow")
    cutoffs_of(release, certificate_of(release))
    return release


def test_without_a_model_the_history_says_when_it_begins(visit) -> None:  # type: ignore[no-untyped-def]
    workflow = workflow_with_policy()
    visitor = visit(person(Role.OPERATOR))
    page = visitor.open(f"/models/{workflow.slug}/")
    expect(page.get_by_text("No history yet")).to_be_visible()
    assert visitor.is_accessible()
