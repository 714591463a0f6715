"""A process killed while a canary moves, or a new champion bakes: whole before or after, and told once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import scipy.stats  # noqa: F401 - here, or each process that is to be killed loads it anew

from models_store.selectors import champion, roles_now
from models_store.services.roles import promote
from monitoring.watch.canary import bake, run
from monitoring.watch.canary.changes import approve_change
from monitoring.watch.watched import watched_workflow
from policy.models.canaries import Bake, Canary, ReleaseChange
from policy.services import canaries
from policy.types import BakeOutcome, CanaryEnd, CanaryHold, ReleaseAction
from tests.support.factories import TESTER
from tests.support.killing import DONE, TOLD, killed_everywhere
from tests.support.live_rows import decided
from tests.support.policy_rows import operator
from tests.support.release_rows import BEGUN, Releases, assert_whole, releases, told_of

pytestmark = pytest.mark.django_db(transaction=True)

LATER = BEGUN + timedelta(hours=3)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Releases:
    """Return a champion with audits behind it, and a challenger in shadow."""
    return releases(monkeypatch, history=100)


def everywhere(world: Releases, act: Callable[[], object]) -> list[str]:
    """Let it be killed at each place; return what was seen."""
    return killed_everywhere(act, whole=lambda: assert_whole(world.workflow))


def test_its_start(world: Releases) -> None:
    seen = everywhere(world, lambda: world.ask(ReleaseAction.CANARY, seen="shadow"))
    assert (len(seen), seen[-1]) == (3, TOLD)
    assert (world.canary.share, roles_now(world.workflow.pk)[world.release.pk].role) == (100, "canary")
    assert set(told_of(world.release).values()) == {1}


def _widened(canary: Canary) -> object:
    return canaries.widen_canary(canary_id=canary.pk, actor=TESTER, now=LATER, reason="x", seen=canary.share)


def _held(canary: Canary) -> object:
    return canaries.hold_canary(canary_id=canary.pk, actor=TESTER, now=LATER, reason="x")


def _resumed(canary: Canary) -> object:
    return canaries.resume_canary(canary_id=canary.pk, actor=TESTER, now=LATER, reason="x", held="person")


def _rolled_back(canary: Canary) -> object:
    return canaries.roll_back_canary(canary_id=canary.pk, actor=TESTER, now=LATER, reason="x")


def _promoted(canary: Canary) -> object:
    return canaries.promote_canary(canary_id=canary.pk, actor=TESTER, now=LATER, reason="x")


def _audited(canary: Canary) -> object:
    return canaries.set_canary_audits(canary.pk, rate=0.5, actor=TESTER, now=LATER)


@pytest.mark.parametrize(
    ("act", "asked_again", "stored"),
    [
        (_widened, TOLD, {"share": 500}),
        (_held, DONE, {"hold": CanaryHold.PERSON}),
        (_resumed, TOLD, {"hold": ""}),
        (_rolled_back, TOLD, {"end": CanaryEnd.ROLLED_BACK}),
        (_promoted, TOLD, {"end": CanaryEnd.PROMOTED}),
        (_audited, DONE, {"audit_rate": 0.5}),
    ],
)
def test_its_moves(
    world: Releases, act: Callable[[Canary], object], asked_again: str, stored: dict[str, object]
) -> None:
    canary = world.begin()
    if act is _resumed:
        _held(canary)
    seen = everywhere(world, lambda: act(canary))
    assert (len(seen), seen[-1]) == (3, asked_again)
    after = world.canary
    assert {name: getattr(after, name) for name in stored} == stored
    assert set(told_of(world.release).values()) == {1}


def test_what_takes_two_people(monkeypatch: pytest.MonkeyPatch) -> None:
    world = releases(monkeypatch, needs_second_person=True)
    world.ask(ReleaseAction.PROMOTE)
    change, other = ReleaseChange.objects.get(), operator()
    seen = everywhere(world, lambda: approve_change(change_id=change.pk, actor=other, now=LATER))
    assert (len(seen), seen[-1]) == (3, TOLD)
    change.refresh_from_db()
    assert (champion(world.workflow.pk), change.status) == (world.release, "made")
    assert told_of(world.release)["told release.promoted"] == 1


def look(world: Releases, part: Callable[..., object]) -> Callable[[], object]:
    """Return one look of the watch, three hours after the beginning."""

    def act() -> None:
        watched = watched_workflow(world.workflow.pk, LATER, timedelta(0))
        assert watched is not None
        part(watched)

    return act


@pytest.mark.parametrize(
    ("wrong", "stored"),
    [(12, {"end": CanaryEnd.ROLLED_BACK, "share": 100}), (0, {"end": "", "share": 500})],
)
def test_what_the_watch_moves_it_to(world: Releases, wrong: int, stored: dict[str, object]) -> None:
    first = world.begin().first_arm
    decided(world.release, 20, at=BEGUN + timedelta(minutes=1), wrong=wrong, arm=first)
    decided(  # so that the arms are alike
        world.champion,
        900,
        at=BEGUN + timedelta(minutes=1),
        drawn=False,
        arm=(first - 1) % 10_000,
        every=timedelta(0),
    )
    seen = everywhere(world, look(world, run.advance))
    assert seen[-1] == DONE
    after = world.canary
    assert {name: getattr(after, name) for name in stored} == stored
    assert set(told_of(world.release).values()) == {1}


def test_how_a_new_champion_begins_to_bake_and_is_taken_back(world: Releases) -> None:
    promote(release_id=world.release.pk, actor=TESTER, now=BEGUN, reason="tests")
    everywhere(world, look(world, bake.advance))
    assert Bake.objects.get().ended_at is None
    decided(world.release, 60, at=BEGUN + timedelta(minutes=1), wrong=12)
    everywhere(world, look(world, bake.advance))
    assert Bake.objects.get().outcome == BakeOutcome.RETURNED
    assert champion(world.workflow.pk) == world.champion
    assert set(told_of(world.release).values()) == {1}
    assert told_of(world.champion)["told release.promoted"] == 1
