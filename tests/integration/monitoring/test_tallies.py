"""Counters and digests that are kept as decisions arrive agree with the decisions themselves."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from cases.models import Workflow
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from monitoring.models import HourTally
from monitoring.tallies.fold import LAG, fold_decisions
from monitoring.tallies.traffic import traffic, waiting
from policy.models import Decision
from policy.services.digest import digest_decisions, digests_hold
from tests.support.factories import NOW, client_key
from tests.support.spam import mail_workflow, mails

pytestmark = pytest.mark.django_db


def submit(n: int, *, at_minutes: float, first: int = 0) -> None:
    """Submit mails at a time."""
    items = [Submission(mail.content) for mail in mails()[first : first + n]]
    submit_cases(Intake("spam-mail", items, client_key(), NOW + timedelta(minutes=at_minutes), is_batch=True))


@pytest.fixture
def workflow() -> Workflow:
    """Mail with a model and a cutoff."""
    return mail_workflow()


def folded() -> Counter[str]:
    """Decisions by route, as the tallies have them."""
    counts: Counter[str] = Counter()
    for route, count in HourTally.objects.values_list("route", "count"):
        counts[route] += count
    return counts


def test_folding_often_or_once_counts_every_decision_once(workflow: Workflow) -> None:
    for minute in (0, 1, 45, 75):
        submit(30, at_minutes=minute, first=minute)
        fold_decisions(workflow_id=workflow.id, now=NOW + timedelta(minutes=minute) + LAG)
        fold_decisions(workflow_id=workflow.id, now=NOW + timedelta(minutes=minute) + LAG)
    assert folded() == Counter(Decision.objects.values_list("route", flat=True))
    assert HourTally.objects.values("hour").distinct().count() == 2


def test_traffic_counts_the_young_beside_the_folded(workflow: Workflow) -> None:
    submit(40, at_minutes=0)
    fold_decisions(workflow_id=workflow.id, now=NOW + LAG)
    submit(25, at_minutes=30, first=40)  # not folded yet
    seen = traffic(workflow_id=workflow.id, now=NOW + timedelta(minutes=31))
    assert seen.total == 65
    assert seen.automatic == Decision.objects.filter(route="auto").count()
    assert seen.audited == Decision.objects.filter(is_audited=True).count()
    assert sum(seen.labels.values()) == seen.automatic
    assert len(seen.hours) == 24
    assert seen.automation_rate == pytest.approx(seen.automatic / 65)
    assert waiting(workflow_id=workflow.id) == (65 - seen.automatic + seen.audited, False)


def test_a_quiet_workflow_has_no_automation_rate(workflow: Workflow) -> None:
    assert traffic(workflow_id=workflow.id, now=NOW).automation_rate is None


@pytest.mark.parametrize(
    "change",
    [
        "score = score + 1e-12",
        "confidence = confidence - 1e-12",
        "proba = array_append(proba, 0)",
        "reference_rate = coalesce(reference_rate, 0) + 1e-9",
        "is_audited = NOT is_audited",
        "is_blind = NOT is_blind",
        "policy_version = policy_version + 1",
        "arrived_at = arrived_at - interval '1 microsecond'",
        "actor_name = actor_name || ' '",
    ],
)
def test_digests_hold_until_anything_of_a_decision_is_changed(workflow: Workflow, change: str) -> None:
    for minute in range(3):
        submit(20, at_minutes=minute, first=20 * minute)
        entry = digest_decisions(workflow_id=workflow.id, now=NOW + timedelta(minutes=minute) + LAG)
        assert entry is not None
        assert entry.detail["count"] == 20
    assert digest_decisions(workflow_id=workflow.id, now=NOW + timedelta(minutes=9)) is None
    assert digests_hold(workflow_id=workflow.id) is None
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE policy_decision DISABLE TRIGGER ALL")
        cursor.execute(
            f"UPDATE policy_decision SET {change} WHERE case_id ="
            " (SELECT case_id FROM policy_decision WHERE score IS NOT NULL ORDER BY decided_at DESC LIMIT 1)"
        )
        cursor.execute("ALTER TABLE policy_decision ENABLE TRIGGER ALL")
    assert digests_hold(workflow_id=workflow.id) == NOW + timedelta(minutes=2)
