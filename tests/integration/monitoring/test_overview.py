"""The overview: where every workflow stands, the worst first, what to do, and what changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Workflow
from cases.services.workflows import change_schema
from hitl.accounts.types import Role
from hitl.audit.changes import CHANGES, marks
from hitl.audit.sentences import SENTENCES
from hitl.shared import clock
from models_store.models import RoleSpan
from models_store.services.roles import promote
from monitoring.alarms.contract import contract_of
from monitoring.alarms.found import Finding, raise_alarm
from monitoring.models import LiveFigures
from monitoring.overview.figures import KEPT_FOR, read_figures
from monitoring.overview.first import need_of, worst_first
from monitoring.overview.rows import rows_now, strip_of
from monitoring.tallies.fold import fold_decisions
from monitoring.types import MetricKey, Reference
from monitoring.watch import watch
from policy.in_force.status import status_now, statuses_now
from policy.models import Policy
from policy.services.breaker import trip_breaker
from tests.support.factories import LABELS, NOW, TESTER, TEXT_FIELDS, person
from tests.support.live_rows import decided
from tests.support.pages import as_read
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, workflow_with_policy
from tests.support.release_rows import releases

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)


def automating(
    *, status: str = "certified", n: int = 40, wrong: int = 0, every: int = 1, **policy: Any
) -> Workflow:
    """Return a workflow that decides by itself, all of it audited."""
    release = champion_of(workflow_with_policy(**({"degree": "partial"} | policy)))
    cutoffs_of(release, certificate_of(release, status=status))
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    if n:
        decided(release, n, at=NOW, wrong=wrong, every=timedelta(seconds=every))
        watch(release.workflow_id, now=LATER, settle=timedelta(0))
        fold_decisions(workflow_id=release.workflow_id, now=LATER)
    return release.workflow


def alarm(workflow: Workflow, measure: str) -> None:
    family = "output" if measure == "score" else "input"
    raise_alarm(
        workflow_id=workflow.pk,
        contract=contract_of(
            MetricKey(family, "" if family == "output" else "body", measure), Reference.BEFORE
        ),
        finding=Finding(0.3, 0.1, NOW - timedelta(days=1), NOW),
        actor=TESTER,
        now=LATER,
    )


@pytest.fixture
def operator() -> Client:
    clock.use(lambda: LATER)
    client = Client()
    client.force_login(person(Role.OPERATOR))
    return client


def test_what_needs_somebody_most_stands_first() -> None:
    kept, off = automating(), workflow_with_policy(degree="assist")
    warned, urgent = automating(), automating()
    alarm(warned, "value")
    alarm(urgent, "score")
    stopped = automating(n=0)
    trip_breaker(workflow_id=stopped.pk, reason="Odd answers.", actor=TESTER, now=LATER)
    empty = workflow_with_policy(degree="partial")
    rows = worst_first(rows_now(now=LATER))
    assert [row.workflow for row in rows] == [stopped, urgent, warned, empty, kept, off]
    needs = [need and need.url_name for need in map(need_of, rows)]
    assert needs == ["automation", "monitoring", "monitoring", "automation", None, None]
    strip = strip_of(rows, now=LATER)
    assert (strip.kept, strip.promises) == (3, 5)
    assert (strip.automatic, strip.total) == (120, 120)


def test_it_says_what_is_true_of_one_workflow_and_of_many_alike() -> None:
    for each in (
        {"status": "certified"}, {"status": "provisional"}, {"status": "expired"}, {"n": 0},
        {"wrong": 25}, {"degree": "assist"}, {"degree": "human_only"},
    ):  # fmt: skip
        automating(**each)  # type: ignore[arg-type]
    workflow_with_policy(degree="full")
    policies = list(Policy.objects.all())
    many = statuses_now(policies, now=LATER)
    assert many == {one.workflow_id: status_now(one, now=LATER) for one in policies}
    assert len({one.state for one in many.values()}) > 4


def test_two_hundred_workflows_cost_as_many_queries_as_one(operator: Client) -> None:
    def cost(n: int) -> int:
        for _ in range(n):
            champion = champion_of(workflow_with_policy(degree="partial"))
            cutoffs_of(champion, certificate_of(champion))
            alarm(champion.workflow, "score")
        with CaptureQueriesContext(connection) as seen:
            assert operator.get(reverse("overview")).status_code == 200
        return len(seen)

    cost(1)  # the session and the ways to pages are looked up the first time
    assert cost(0) == cost(198) <= 24


def test_error_and_budget_are_those_of_the_present_champion(operator: Client) -> None:
    workflow = automating(wrong=1)
    assert "no blind answer yet" in as_read(operator.get(reverse("overview")).content.decode())
    assert read_figures(now=LATER) == 1
    figures = LiveFigures.objects.get()
    assert (figures.n_answers, figures.error) == (40, pytest.approx(1 / 40))
    assert read_figures(now=LATER + timedelta(seconds=1)) == 0, "it is young enough"
    assert "2.50 % (" in as_read(operator.get(reverse("overview")).content.decode())
    RoleSpan.objects.filter(workflow=workflow).update(until=LATER)
    champion_of(workflow)
    assert "no blind answer yet" in as_read(operator.get(reverse("overview")).content.decode())
    assert read_figures(now=LATER + timedelta(seconds=2)) == 1, "another model decides"
    assert read_figures(now=LATER + 2 * KEPT_FOR) == 1


def test_what_waits_is_counted_with_its_age_and_what_is_late(operator: Client) -> None:
    release = champion_of(workflow_with_policy(degree="partial"))
    for n, due_at in ((7, NOW + timedelta(hours=1)), (2, LATER + timedelta(hours=1))):
        decided(release, n, at=NOW, answered=False, due_at=due_at, reason="below_cutoff", score=0.6)
    page = as_read(operator.get(reverse("overview")).content.decode())
    assert "7 of them late" in page
    assert "7 late" in page
    assert "has cases that wait past their time" in page


def test_every_change_has_a_sentence() -> None:
    assert set(CHANGES) <= set(SENTENCES)


def test_what_changed_is_told_with_links_and_nothing_else_is(operator: Client) -> None:
    workflow, other = automating(), automating()
    trip_breaker(
        workflow_id=workflow.pk,
        reason="Odd answers.",
        actor=person(Role.LEAD, username="lea").as_actor(),
        now=LATER,
    )
    page = operator.get(reverse("changes"))
    text = as_read(page.content.decode())
    assert "lea stopped automation" in text.replace("</strong>", "").replace("<strong>", "")
    assert "Odd answers." in text
    assert (
        reverse("automation", args=[workflow.slug]) in text
        or reverse("workflow", args=[workflow.slug]) in text
    )
    assert "signed in" not in text
    mine = as_read(operator.get(reverse("changes"), {"workflow": other.slug}).content.decode())
    assert "Odd answers." not in mine
    part = operator.get(reverse("changes"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Odd answers." in part
    clock.use(lambda: LATER + timedelta(days=2))
    assert "Nothing changed" in operator.get(reverse("changes")).content.decode()
    assert "Odd answers." in operator.get(reverse("changes"), {"days": "7"}).content.decode()
    assert operator.get(reverse("changes"), {"workflow": "nowhere"}).status_code == 404


def test_marks_of_plots_are_what_changed_there() -> None:
    workflow = automating(n=0)
    since = clock.now() - timedelta(days=3_650)
    before = len(marks(since=since, until=LATER + timedelta(days=1), workflow_id=workflow.pk))
    trip_breaker(workflow_id=workflow.pk, reason="Odd.", actor=TESTER, now=LATER)
    alarm(workflow, "score")
    found = marks(since=since, until=LATER + timedelta(days=1), workflow_id=workflow.pk)
    assert {words for _, words in found} >= {"stop", "alarm"}
    assert len(found) == before + 2
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    assert len(marks(since=since, until=LATER + timedelta(days=1), workflow_id=workflow.pk, most=1)) == 1
    assert not marks(since=since, until=LATER, workflow_id=automating(n=0).pk, without=list(CHANGES))


def test_whoever_only_reviews_sees_nothing_of_it() -> None:
    workflow, client = automating(), Client()
    client.force_login(person(Role.REVIEWER))
    for address in (
        reverse("overview"),
        reverse("changes"),
        reverse("overview-workflow", args=[workflow.slug]),
    ):
        assert client.get(address).status_code in (403, 404)


def test_the_way_back_is_offered_where_there_is_one_to_those_who_may_go_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = releases(monkeypatch)
    page = reverse("overview-workflow", args=[world.workflow.slug])
    words = f"Roll back to {world.champion.name}"
    client.force_login(person(Role.OPERATOR))
    assert words not in as_read(client.get(page).content.decode())
    promote(release_id=world.release.pk, actor=TESTER, now=clock.now(), reason="It looked good.")
    assert words in as_read(client.get(page).content.decode())
    client.force_login(person(Role.AUDITOR, username="otto"))
    assert words not in as_read(client.get(page).content.decode())
    fields = [*TEXT_FIELDS, {"name": "added", "kind": "number"}]
    change_schema(workflow_id=world.workflow.pk, fields=fields, labels=LABELS, actor=TESTER, now=NOW)
    client.force_login(person(Role.OPERATOR, username="ona"))
    assert words not in as_read(client.get(page).content.decode()), "it is for other fields"
