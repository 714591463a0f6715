"""A new champion bakes: an alarm brings back the one before it, which scores its audits meanwhile."""

from datetime import timedelta

import pytest

from hitl.audit.models import Entry
from models_store.models import ShadowScore
from models_store.selectors import champion
from models_store.services.roles import promote
from monitoring.shadow.run import shadow, workflows_with_challengers
from monitoring.watch import watch as look
from policy.in_force.rules import rule_for
from policy.models import Certificate
from policy.models.canaries import Bake
from policy.types import BakeOutcome
from tests.support.canary_rows import NOTHING, CanaryWorld, canary_world
from tests.support.live_rows import decided
from tests.support.policy_rows import cutoffs_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> CanaryWorld:
    """A challenger that has just become the champion."""
    found = canary_world()
    certificate = Certificate.objects.get(release=found.release)
    cutoffs_of(found.release, certificate, cutoffs=dict.fromkeys(found.release.labels, 0.7))
    promote(release_id=found.release.pk, actor=found.actor, now=found.at, reason="It is better.")
    return found


def watch(world: CanaryWorld, *, after: timedelta = NOTHING) -> Bake:
    world.at += after
    look(world.workflow.pk, now=world.at, settle=NOTHING)
    return Bake.objects.select_related("blue", "green").get()


def test_it_bakes_from_the_switch_on_beside_the_one_before(world: CanaryWorld) -> None:
    bake = watch(world, after=timedelta(minutes=1))
    assert (bake.green, bake.blue, bake.ended_at) == (world.release, world.champion, None)
    assert bake.since == world.at - timedelta(minutes=1)
    assert bake.plan["history"]["n"] == 600
    assert watch(world).pk == bake.pk


def test_an_alarm_brings_back_the_one_before_with_its_cutoffs(world: CanaryWorld) -> None:
    watch(world)
    decided(world.release, 60, at=world.at + timedelta(minutes=1), wrong=12)
    bake = watch(world, after=timedelta(hours=2))
    assert bake.outcome == BakeOutcome.RETURNED
    assert champion(world.workflow.pk) == world.champion
    assert rule_for(world.workflow.pk).rule.cutoffs == {"ham": 0.9, "spam": 0.9}
    assert Entry.objects.filter(action="release.promoted").latest("number").detail["evidence"]["wrong"] == 12
    watch(world, after=timedelta(minutes=1))  # the way back does not bake
    assert Bake.objects.count() == 1


def test_without_an_alarm_it_is_kept(world: CanaryWorld) -> None:
    watch(world)
    decided(world.release, 60, at=world.at + timedelta(minutes=1), wrong=1)
    assert watch(world, after=timedelta(hours=2)).ended_at is None
    assert watch(world, after=timedelta(hours=23)).outcome == BakeOutcome.KEPT
    assert champion(world.workflow.pk) == world.release


def test_another_champion_ends_it(world: CanaryWorld) -> None:
    watch(world)
    promote(release_id=world.champion.pk, actor=world.actor, now=world.at, reason="Back, by hand.")
    assert watch(world, after=timedelta(minutes=1)).outcome == BakeOutcome.REPLACED


def test_the_one_before_scores_every_audited_case_and_no_other(world: CanaryWorld) -> None:
    watch(world)
    at = world.at + timedelta(minutes=1)
    audited = {one.case_id for one in decided(world.release, 3, at=at)}
    decided(world.release, 3, at=at + timedelta(minutes=1), drawn=False)
    assert workflows_with_challengers() == [world.workflow.pk]
    shadow(world.workflow.pk, now=at + timedelta(hours=1), settle=NOTHING)
    shadow(world.workflow.pk, now=at + timedelta(hours=1), settle=NOTHING)
    scored = ShadowScore.objects.filter(release=world.champion)
    assert sorted(scored.values_list("case_id", flat=True)) == sorted(audited)
