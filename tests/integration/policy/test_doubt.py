"""Every frozen plan spends doubt, every full certificate earns some back, and both are counted once."""

from datetime import timedelta
from threading import Barrier, Thread

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from models_store.models import Release
from monitoring.watch import watch
from policy.models import Policy, Trial
from policy.services.trial_plans import Planned
from policy.services.trials import end_trial, freeze_plan
from policy.types import TrialKind, TrialOutcome
from science.guarantee.elond import Doubt
from science.guarantee.planning import plan_on_grid
from tests.support.factories import NOW, TESTER
from tests.support.live_rows import decided, evaluated
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, workflow_with_policy

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def provisional() -> Release:
    workflow = workflow_with_policy(degree="partial")
    release = champion_of(workflow)
    cutoffs_of(release, certificate_of(release, status="provisional"))
    evaluated(release)
    return release


def plan(policy: Policy, share, *_) -> Planned:
    """Return the plan of a test of one cutoff."""
    rng = np.random.default_rng(0)
    scores = rng.random(400)
    frozen = plan_on_grid(
        [0.5], scores, np.zeros(400), target=policy.target, delta=share.alpha, expected_labels=1000
    )
    return Planned({None: frozen}, {"costs": [1.0, 1.0]})


def freeze(release: Release) -> Trial | None:
    return freeze_plan(
        release.workflow_id, release, kind=TrialKind.CONFIRM, plan=plan, cutoffs={}, actor=TESTER, now=NOW
    )


@transaction.atomic
def give_up(trial: Trial) -> None:
    end_trial(trial, outcome=TrialOutcome.ABANDONED, reason="Tried.", actor=TESTER, now=NOW)


def counted(release: Release) -> tuple[int, int]:
    policy = Policy.objects.get(workflow_id=release.workflow_id)
    return policy.plans_frozen, policy.certificates_issued


def test_a_plan_gets_the_share_of_its_number_and_a_pass_earns_doubt_back_once():
    release = provisional()
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    trial = Trial.objects.get()
    _, share = Doubt().freeze(delta=0.05)
    assert (trial.number, trial.evidence["alpha"]) == (1, pytest.approx(share.alpha))
    assert trial.plans[0]["plan"]["delta"] == pytest.approx(share.alpha)
    assert counted(release) == (1, 0)
    decided(release, 1600, at=NOW, inclusion_probability=0.76, reason="ramp", every=timedelta(seconds=20))
    watch(release.workflow_id, now=NOW + DAY, settle=timedelta(0))
    watch(release.workflow_id, now=NOW + 2 * DAY, settle=timedelta(0))
    trial.refresh_from_db()
    assert trial.outcome == "certified"
    assert trial.certificate.evidence["plan_number"] == 1
    assert counted(release) == (1, 1)


def test_plans_that_were_given_up_are_counted_and_cost_the_next_one():
    release = provisional()
    shares = []
    for number in (1, 2, 3):
        trial = freeze(release)
        assert trial.number == number
        shares.append(trial.evidence["alpha"])
        give_up(trial)
    assert shares == sorted(shares, reverse=True)
    assert counted(release) == (3, 0)


def test_where_there_is_nothing_to_test_nothing_is_counted():
    release = provisional()
    nothing = freeze_plan(
        release.workflow_id, release, kind=TrialKind.CONFIRM, plan=lambda *_: None, cutoffs={}, actor=TESTER,
        now=NOW,
    )  # fmt: skip
    assert nothing is None
    assert counted(release) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_connections_that_race_freeze_plans_of_different_numbers():
    release, together, faults = provisional(), Barrier(3), []

    def race() -> None:
        together.wait(10)
        try:
            for _ in range(200):
                try:
                    give_up(freeze(release))
                    return
                except IntegrityError:  # another's is open: nothing of ours was counted
                    continue
            faults.append("never got a turn")
        finally:
            connection.close()

    threads = [Thread(target=race) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert sorted(Trial.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert counted(release) == (3, 0)
