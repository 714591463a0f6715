"""How often is audited and answered blind follows what is decided, with a certificate or without."""

from datetime import datetime, timedelta
from math import log

import pytest

from models_store.models import Release
from monitoring.tallies.fold import fold_decisions
from monitoring.watch import watch
from policy.models import Certificate, CutoffSet, Policy, Watch
from policy.services.alarms import set_rates
from science.guarantee.monitor import Level
from tests.support.factories import NOW, TESTER
from tests.support.live_rows import decided
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, workflow_with_policy

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


def automating(*, certified: bool) -> Release:
    # What the error budget audits comes on top, and can be more than reviewed cases can hide.
    release = champion_of(workflow_with_policy(degree="partial", audits_for_budget=False))
    certificate = certificate_of(release, status="certified") if certified else None
    by_hand = {} if certified else {"basis": "by_hand", "reason": "A trial."}
    cutoffs_of(release, certificate, **by_hand)
    return release


def look(release: Release, at: datetime = LATER) -> Policy:
    fold_decisions(workflow_id=release.workflow_id, now=at)
    watch(release.workflow_id, now=at, settle=timedelta(0))
    return Policy.objects.get(workflow_id=release.workflow_id)


@pytest.mark.parametrize("certified", [True, False])
def test_as_many_reviewed_cases_are_blind_as_there_are_audits_whatever_the_cutoffs_rest_on(certified: bool):
    release = automating(certified=certified)
    decided(release, 2700, at=NOW, drawn=False)
    decided(release, 300, at=NOW, drawn=False, reason="below_cutoff", score=0.6)
    policy = look(release)
    assert CutoffSet.objects.get().in_force_until is None
    assert policy.blind_rate * 300 >= policy.audit_rate * 2700
    assert policy.blind_rate > policy.blind_share


def test_a_day_of_more_automation_counts_more_than_the_week_before():
    release = automating(certified=True)
    decided(release, 3000, at=NOW - timedelta(days=3), drawn=False, reason="below_cutoff", score=0.6)
    decided(release, 900, at=NOW, drawn=False)
    decided(release, 100, at=NOW, drawn=False, reason="below_cutoff", score=0.6)
    policy = look(release)
    assert policy.blind_rate * 100 >= policy.audit_rate * 900


@pytest.mark.django_db
def test_the_blind_share_is_never_left_below_what_is_called_for_and_does_not_follow_every_breath():
    workflow = automating(certified=True).workflow

    def rates(automation_rate: float) -> tuple[bool, float]:
        changed = set_rates(
            workflow.pk,
            level=Level.GREEN,
            automatic=10_000,
            automation_rate=automation_rate,
            capacity=None,
            actor=TESTER,
            now=NOW,
        )
        return changed, Policy.objects.get(workflow=workflow).blind_rate

    assert rates(0.9) == (True, 0.189)  # .02 * .9 / .1, and a little more
    assert rates(0.901) == (False, 0.189)
    changed, blind = rates(0.91)
    assert changed
    assert blind >= 0.02 * 0.91 / 0.09


def test_the_horizon_of_a_watch_grows_with_the_traffic():
    release = automating(certified=True)
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    assert Watch.objects.get().horizon_cases == 10_000
    decided(release, 4000, at=NOW, inclusion_probability=0.02, drawn=False)
    decided(release, 40, at=NOW + timedelta(hours=2), inclusion_probability=0.02)
    look(release, LATER + timedelta(hours=1))
    row = Watch.objects.get()
    assert row.horizon_cases == pytest.approx(4040 * 365 / 7)
    assert {state["horizon_cases"] for state in row.states} == {row.horizon_cases}


def test_after_an_alarm_audits_fade_as_quiet_cases_go_by():
    """A world that has changed may change again, the less likely the longer it has not."""
    workflow = workflow_with_policy(degree="partial", target=0.1, audits_for_budget=False)
    release = champion_of(workflow)
    cutoffs_of(release, certificate_of(release, status="certified"))
    decided(release, 3000, at=NOW - timedelta(hours=30), drawn=False)
    decided(release, 1000, at=NOW, drawn=False)
    calm = look(release).audit_rate
    rates = []
    for alarm in (NOW - timedelta(hours=31), NOW - timedelta(hours=1)):  # 4,000 cases ago, and 1,000
        Certificate.objects.update(valid_from=alarm + timedelta(minutes=1))  # proved again at once
        Policy.objects.update(evidence_from=alarm)
        rates.append(look(release).audit_rate)
    assert calm == pytest.approx(0.02)
    assert rates[0] == pytest.approx(5 * log(4000 * 365 / 7 / 0.01) / 0.15366 / 4000, rel=0.1)
    assert rates[1] == 0.25  # never more than under amber
