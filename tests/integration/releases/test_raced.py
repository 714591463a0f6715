"""Two processes at the same transition: one makes it, the other is told, and everything is written once."""

from collections.abc import Callable

import pytest

from hitl.outbox.models import Endpoint, Event
from hitl.shared.actor import Actor
from hitl.stop.models import Stop
from hitl.stop.services import start_everything, stop_everything
from models_store.selectors import champion, roles_now
from monitoring.watch.canary.changes import approve_change, decline_change
from policy.models.canaries import Canary, ReleaseChange
from policy.services import canaries
from policy.types import CanaryEnd, ReleaseAction
from tests.integration.policy.test_policy_races import at_once
from tests.support.factories import NOW
from tests.support.policy_rows import lead, operator
from tests.support.release_rows import BEGUN, assert_whole, releases, told_of

pytestmark = pytest.mark.django_db(transaction=True)

Move = Callable[[Canary, Actor], object]


def _widen(canary: Canary, actor: Actor) -> object:
    return canaries.widen_canary(canary_id=canary.pk, actor=actor, now=BEGUN, reason="x", seen=canary.share)


def _resume(canary: Canary, actor: Actor) -> object:
    return canaries.resume_canary(canary_id=canary.pk, actor=actor, now=BEGUN, reason="x", held="person")


def _roll_back(canary: Canary, actor: Actor) -> object:
    return canaries.roll_back_canary(canary_id=canary.pk, actor=actor, now=BEGUN, reason="x")


def _promote(canary: Canary, actor: Actor) -> object:
    return canaries.promote_canary(canary_id=canary.pk, actor=actor, now=BEGUN, reason="x")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_widen, _widen),
        (_resume, _resume),
        (_roll_back, _roll_back),
        (_promote, _promote),
        (_promote, _roll_back),
    ],
)
def test_of_two_moves_of_a_canary_one_is_made(
    one: Move, other: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = releases(monkeypatch)
    canary = world.begin()
    if one is _resume:
        canaries.hold_canary(canary_id=canary.pk, actor=world.actor, now=BEGUN, reason="x")
    people = operator(), operator()
    ends = at_once(lambda: one(canary, people[0]), lambda: other(canary, people[1]))
    assert sorted(ends) == ["canary_moved", "done"]
    assert set(told_of(world.release).values()) == {1}
    assert_whole(world.workflow)


def test_a_canary_that_is_widened_and_rolled_back_at_once_is_rolled_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = releases(monkeypatch)
    canary, ann, lea = world.begin(), operator(), lead()
    ends = at_once(lambda: _widen(canary, ann), lambda: _roll_back(canary, lea))
    assert ends[1] == "done"
    assert world.canary.end == CanaryEnd.ROLLED_BACK
    assert roles_now(world.workflow.pk)[world.release.pk].role == "retired"
    assert_whole(world.workflow)


def test_of_two_starts_of_a_canary_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    world = releases(monkeypatch)
    people = [operator(), operator()]
    ends = at_once(
        *(lambda actor=actor: world.ask(ReleaseAction.CANARY, seen="shadow", actor=actor) for actor in people)
    )
    assert ends.count("done") == 1
    assert set(ends) <= {"done", "canary_moved", "role_moved"}
    assert Canary.objects.count() == 1
    assert_whole(world.workflow)


def test_of_two_who_settle_what_was_asked_for_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world = releases(monkeypatch, needs_second_person=True)
    world.ask(ReleaseAction.PROMOTE)
    change, ann, lea = ReleaseChange.objects.get(), operator(), lead()
    ends = at_once(
        lambda: approve_change(change_id=change.pk, actor=ann, now=BEGUN),
        lambda: decline_change(change_id=change.pk, actor=lea, now=BEGUN),
    )
    assert sorted(ends) == ["conflict", "done"]
    change.refresh_from_db()
    is_made = change.status == "made"
    assert is_made == (ends[0] == "done")
    assert champion(world.workflow.pk) == (world.release if is_made else world.champion)
    assert_whole(world.workflow)


def test_of_two_stops_one_is_written_and_of_two_starts_one_is_told() -> None:
    Endpoint.objects.create(name="tests", url="https://example.org/", secrets=["whsec_x"], created_at=NOW)
    leads, operators = [lead(), lead()], [operator(), operator()]
    stops = [lambda actor=actor: stop_everything(reason="Odd.", actor=actor, now=NOW) for actor in leads]
    assert at_once(*stops) == ["done", "done"]  # both get the one that stands
    assert Stop.objects.count() == 1
    starts = [
        lambda actor=actor: start_everything(reason="Found.", actor=actor, now=BEGUN) for actor in operators
    ]
    assert sorted(at_once(*starts)) == ["done", "not_stopped"]
    assert sorted(Event.objects.values_list("kind", flat=True)) == [
        "automation.started",
        "automation.stopped",
    ]
