"""A canary decides a share beside the champion, and moves by what audits say: pass, fail, hold."""

from datetime import timedelta

import pytest

from hitl.audit.models import Entry
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, Invalid, NotAllowed
from models_store.selectors import champion, roles_now, way_back
from models_store.services.roles import promote
from monitoring.watch.canary.changes import approve_change, change_release, decline_change
from policy.errors import CanaryMoved, EvidenceMissing, SecondPersonNeeded
from policy.in_force.rules import rule_for
from policy.models import Certificate, Policy
from policy.models.canaries import Canary, ReleaseChange
from policy.services.canaries import hold_canary, resume_canary, roll_back_canary, widen_canary
from policy.types import CanaryEnd, CanaryHold, ReleaseAction
from tests.support.canary_rows import CanaryWorld, canary_world
from tests.support.factories import TESTER
from tests.support.live_rows import decided
from tests.support.policy_rows import lead, operator, reviewer
from tests.support.shadow_rows import challenger

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def world() -> CanaryWorld:
    return canary_world()


def role(world: CanaryWorld) -> str:
    return roles_now(world.workflow.pk)[world.release.pk].role


def ask(
    world: CanaryWorld, action: ReleaseAction, *, actor: Actor | None = None, reason: str = "It looks good."
) -> ReleaseChange | None:
    return change_release(
        release_id=world.release.pk, action=action, actor=actor or world.actor, now=world.at, reason=reason
    )


def test_a_canary_begins_at_one_per_cent_under_its_own_cutoffs(world: CanaryWorld) -> None:
    canary = world.start()
    governing = rule_for(world.workflow.pk)
    assert (canary.share, canary.step, role(world)) == (100, 1, "canary")
    assert governing.canary is not None
    assert governing.canary.deciding.release_id == world.release.pk
    assert governing.canary.deciding.rule.cutoffs == {"ham": 0.7, "spam": 0.7}
    assert governing.canary.deciding.rule.audit_rate == 1.0
    assert governing.rule.cutoffs == {"ham": 0.9, "spam": 0.9}
    assert Entry.objects.filter(action="canary.started").count() == 1


def test_without_a_certificate_no_canary_begins(world: CanaryWorld) -> None:
    Certificate.objects.filter(release=world.release).delete()
    with pytest.raises(EvidenceMissing):
        world.start()
    assert role(world) == "shadow"
    assert not Canary.objects.exists()


def test_no_data_holds_however_long_it_lasts(world: CanaryWorld) -> None:
    world.start()
    canary = world.look(after=30 * DAY)
    assert (canary.share, canary.verdict["outcome"], canary.verdict["missing"]) == (100, "hold", 20)


def test_enough_labels_before_the_least_time_hold(world: CanaryWorld) -> None:
    world.start()
    world.traffic(canary=40, champion=10)
    assert world.canary.share == 100
    assert world.canary.verdict["missing"] == 0
    assert "It lasts until" in world.canary.verdict["reasons"][0]


def test_a_good_canary_is_widened_step_by_step_and_takes_over(world: CanaryWorld) -> None:
    world.start()
    shares = []
    for _ in range(4):
        world.traffic(canary=30, champion=10)
        shares.append(world.look(after=timedelta(hours=2)).share)
    assert shares == [500, 2_500, 5_000, 5_000]
    assert world.canary.verdict["promotion"]["passed"] is None  # fewer labels than were planned
    world.traffic(canary=world.canary.plan["labels"], champion=20)
    assert world.canary.end == CanaryEnd.PROMOTED
    assert champion(world.workflow.pk) == world.release
    assert rule_for(world.workflow.pk).canary is None


def test_a_bad_canary_is_rolled_back_by_audited_errors(world: CanaryWorld) -> None:
    world.start()
    world.traffic(canary=60, canary_wrong=12, champion=20)
    canary = world.canary
    assert (canary.end, role(world)) == (CanaryEnd.ROLLED_BACK, "retired")
    assert champion(world.workflow.pk) == world.champion
    assert rule_for(world.workflow.pk).canary is None
    entry = Entry.objects.get(action="release.rolled_back")
    assert entry.detail["evidence"]["wrong"] == 12


def test_a_worse_champion_rolls_no_canary_back() -> None:
    world = canary_world(wrong=36)
    world.start()
    world.traffic(canary=60, canary_wrong=1, champion=60, champion_wrong=12)
    assert world.canary.ended_at is None


def test_looking_again_changes_nothing(world: CanaryWorld) -> None:
    world.start()
    world.traffic(canary=40, canary_wrong=1, champion=10)
    before = world.canary.verdict
    assert world.look().verdict == before


def test_an_open_audit_holds_back_what_came_after_it(world: CanaryWorld) -> None:
    world.start()
    decided(
        world.release,
        1,
        at=world.at + timedelta(seconds=10),
        answered=False,
        arm=world.canary.first_arm,
        due_at=world.at + 9 * DAY,
    )
    world.traffic(canary=40, canary_wrong=20, champion=10)
    assert world.canary.ended_at is None
    assert world.canary.verdict["labels"] == 0
    assert world.canary.verdict["waiting"] == 51


def test_a_person_holds_and_only_a_person_lets_go_on(world: CanaryWorld) -> None:
    canary = world.start()
    hold_canary(canary_id=canary.pk, actor=lead(), now=world.at, reason="The fair is on.")
    world.traffic(canary=40, champion=10)
    world.look(after=timedelta(hours=2))
    assert (world.canary.share, world.canary.hold) == (100, CanaryHold.PERSON)
    with pytest.raises(NotAllowed):
        resume_canary(canary_id=canary.pk, actor=lead(), now=world.at, reason="")
    resume_canary(canary_id=canary.pk, actor=world.actor, now=world.at, reason="It is over.")
    assert world.look().share == 500


def test_a_held_canary_is_rolled_back_all_the_same(world: CanaryWorld) -> None:
    canary = world.start()
    hold_canary(canary_id=canary.pk, actor=lead(), now=world.at, reason="Wait.")
    world.traffic(canary=60, canary_wrong=12, champion=20)
    assert world.canary.end == CanaryEnd.ROLLED_BACK


def test_cases_that_are_not_scored_in_one_arm_hold_it_and_name_the_stage(world: CanaryWorld) -> None:
    canary = world.start()
    world.traffic(canary=40, champion=40)
    decided(world.release, 10, at=world.at, reason="no_score", drawn=False, arm=canary.first_arm)
    world.look(after=timedelta(hours=2))
    assert (world.canary.hold, world.canary.verdict["stage"]) == (CanaryHold.BALANCE, "scored")
    assert world.canary.share == 100


@pytest.mark.parametrize("degree", ["human_only", "shadow", "assist"])
def test_where_people_decide_no_canary_does(world: CanaryWorld, degree: str) -> None:
    world.start()
    Policy.objects.filter(workflow=world.workflow).update(degree=degree)
    governing = rule_for(world.workflow.pk)
    assert governing.canary is not None
    assert governing.canary.deciding.rule.closed(world.at.timestamp()) == degree
    assert world.look().hold == CanaryHold.PROOF


def test_a_canary_ends_with_the_champion_it_was_compared_with(world: CanaryWorld) -> None:
    world.start()
    third = challenger(world.workflow, number=3, at=world.at)
    promote(release_id=third.pk, actor=world.actor, now=world.at, reason="It is better.")
    assert rule_for(world.workflow.pk).canary is None
    assert world.look().end == CanaryEnd.ABANDONED


def test_only_an_operator_starts_and_widens_and_a_lead_rolls_back(world: CanaryWorld) -> None:
    for actor in (lead(), reviewer()):
        with pytest.raises(NotAllowed):
            ask(world, ReleaseAction.CANARY, actor=actor)
    canary = world.start()
    with pytest.raises(NotAllowed):
        widen_canary(canary_id=canary.pk, actor=lead(), now=world.at, reason="")
    with pytest.raises(NotAllowed):
        roll_back_canary(canary_id=canary.pk, actor=reviewer(), now=world.at, reason="")
    roll_back_canary(canary_id=canary.pk, actor=lead(), now=world.at, reason="It looks odd.")
    assert role(world) == "retired"
    with pytest.raises(CanaryMoved):
        roll_back_canary(canary_id=canary.pk, actor=lead(), now=world.at, reason="Twice.")


def test_a_reason_is_needed(world: CanaryWorld) -> None:
    with pytest.raises(Invalid):
        ask(world, ReleaseAction.CANARY, reason=" ")


def test_where_more_takes_two_people_one_asks_and_another_approves() -> None:
    world = canary_world(needs_second_person=True)
    change = ask(world, ReleaseAction.CANARY)
    assert change is not None
    assert role(world) == "shadow"
    with pytest.raises(SecondPersonNeeded):
        approve_change(change_id=change.pk, actor=world.actor, now=world.at)
    approve_change(change_id=change.pk, actor=operator("second"), now=world.at)
    assert role(world) == "canary"
    with pytest.raises(Conflict):
        decline_change(change_id=change.pk, actor=world.actor, now=world.at)


def test_what_was_asked_for_in_another_role_is_not_done() -> None:
    world = canary_world(needs_second_person=True)
    change = ask(world, ReleaseAction.PROMOTE)
    assert change is not None
    Policy.objects.filter(workflow=world.workflow).update(needs_second_person=False)
    world.start()
    with pytest.raises(CanaryMoved):
        approve_change(change_id=change.pk, actor=operator("second"), now=world.at)
    assert role(world) == "canary"
    assert champion(world.workflow.pk) == world.champion


def test_only_the_way_back_to_the_last_champion_takes_one_person() -> None:
    world = canary_world(history=0, needs_second_person=True)
    oldest, at = world.champion, world.at
    newest = challenger(world.workflow, number=3)
    for minute, release in enumerate((world.release, newest)):
        promote(release_id=release.pk, actor=TESTER, now=at + timedelta(minutes=minute), reason="tests")
    now = at + timedelta(hours=1)
    asked = {
        release.pk: change_release(
            release_id=release.pk, action=ReleaseAction.PROMOTE, actor=world.actor, now=now, reason="Back."
        )
        for release in (oldest, world.release)
    }
    assert asked[oldest.pk] is not None
    assert asked[world.release.pk] is None
    assert champion(world.workflow.pk) == world.release


def test_what_was_rolled_back_is_not_brought_in_again_by_one_person() -> None:
    world = canary_world(history=0, needs_second_person=True)
    good, bad, at = world.champion, world.release, world.at
    promote(release_id=bad.pk, actor=TESTER, now=at, reason="tests")
    back = {"action": ReleaseAction.PROMOTE, "actor": world.actor, "reason": "It errs."}
    assert change_release(release_id=good.pk, now=at + timedelta(minutes=1), **back) is None
    assert champion(world.workflow.pk) == good
    assert way_back(world.workflow.pk) is None, "no page offers it"
    assert change_release(release_id=bad.pk, now=at + timedelta(minutes=2), **back) is not None
    assert champion(world.workflow.pk) == good
