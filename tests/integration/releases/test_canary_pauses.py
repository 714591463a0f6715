"""What pauses a canary: nothing unknown, no early sign and no hold of a person lets the watch widen it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hitl.outbox.models import Event
from hitl.shared.actor import system
from models_store.services.roles import promote
from monitoring.signs.raised import clear_sign, raise_sign
from monitoring.types import SignKind
from monitoring.watch import watch
from monitoring.watch.canary import changes, run
from policy.errors import CanaryMoved
from policy.models import Watch
from policy.models.canaries import Bake, Canary, CanarySettings
from policy.services import canaries
from policy.types import BakeOutcome, CanaryEnd, CanaryHold
from tests.support.factories import TESTER
from tests.support.live_rows import decided
from tests.support.policy_rows import lead
from tests.support.release_rows import BEGUN, Releases, releases

LATER = BEGUN + timedelta(hours=3)
WATCH = system("watch")


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Releases:
    """Return a canary whose first step has all that it needs."""
    return ready(monkeypatch)


def ready(monkeypatch: pytest.MonkeyPatch, *, wrong: int = 0) -> Releases:
    found = releases(monkeypatch, history=100)
    first = found.begin().first_arm
    at = BEGUN + timedelta(minutes=1)
    decided(found.release, 20, at=at, arm=first, wrong=wrong)
    decided(found.champion, 900, at=at, drawn=False, arm=(first - 1) % 10_000, every=timedelta(0))
    return found


def look(world: Releases, *, minutes: int = 0) -> Canary:
    run_watch(world, minutes=minutes)
    return world.canary


def run_watch(world: Releases, *, minutes: int) -> None:
    watch(world.workflow.pk, now=LATER + timedelta(minutes=minutes), settle=timedelta(0))


def test_without_any_of_it_it_is_widened(world: Releases) -> None:
    assert look(world).share == 500


def test_an_early_sign_pauses_it_until_it_has_passed(
    world: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitoring.watch import early

    monkeypatch.setattr(early, "look", lambda *_: None)  # what raises signs has tests of its own
    facts = {"largest_gap": 0.4, "cases": 500}
    look_at = {"workflow_id": world.workflow.pk, "kind": SignKind.SCORE_DRIFT, "actor": WATCH}
    raise_sign(**look_at, evidence=facts, now=LATER)
    canary = look(world)
    assert (canary.share, canary.hold) == (100, CanaryHold.SIGNAL)
    assert "The model's scores differ from what they were" in canary.hold_reason
    clear_sign(**look_at, now=LATER + timedelta(minutes=1))
    assert look(world, minutes=2).share == 500


def test_amber_pauses_it(world: Releases) -> None:
    look(world)  # the watch begins
    Canary.objects.update(share=100, step_since=BEGUN)
    Watch.objects.update(early={"amber_at": 0}, n_labels=10)
    canary = look(world, minutes=1)
    assert (canary.share, canary.hold) == (100, CanaryHold.SIGNAL)
    assert "Audits begin to contradict the promise." in canary.hold_reason


def test_a_pause_rolls_nothing_back_and_stops_no_roll_back(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    world = ready(monkeypatch, wrong=12)
    raise_sign(workflow_id=world.workflow.pk, kind=SignKind.DISAGREEMENT, evidence={}, actor=WATCH, now=LATER)
    assert look(world).end == CanaryEnd.ROLLED_BACK


@pytest.mark.parametrize("missing", ["target", "history", "labels", "expected"])
def test_a_plan_that_cannot_be_read_holds_it_and_says_so(world: Releases, missing: str) -> None:
    plan = {name: value for name, value in world.canary.plan.items() if name != missing}
    Canary.objects.update(plan=plan)
    canary = look(world)
    assert (canary.share, canary.hold, canary.ended_at) == (100, CanaryHold.UNREAD, None)
    assert missing in canary.hold_reason


@pytest.mark.parametrize("number", ["NaN", "Infinity", -1])
def test_no_step_lasts_for_no_number_of_hours(world: Releases, number: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CanarySettings.objects.update(min_hours=float(number))
    with pytest.raises(IntegrityError), transaction.atomic():
        CanarySettings.objects.update(bake_hours=float(number))


def test_what_holds_it_is_told_once_and_shown_as_it_is_now(world: Releases) -> None:
    for reason in ("5 % against 1 %.", "6 % against 1 %."):
        canaries.hold_canary(
            canary_id=world.canary.pk, actor=WATCH, now=LATER, reason=reason, by=CanaryHold.SIGNAL
        )
    assert world.canary.hold_reason == "6 % against 1 %."
    assert Event.objects.filter(kind="canary.held").count() == 1


def between(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Let somebody act after the watch has read what is known, and before it moves the canary."""
    usual = run.verdict_of

    def verdict_of(*given: Any) -> Any:
        found = usual(*given)
        act()
        return found

    monkeypatch.setattr(run, "verdict_of", verdict_of)


def test_who_holds_it_while_the_watch_reads_is_not_overruled(
    world: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea, pk = lead(), world.canary.pk
    between(
        monkeypatch,
        lambda: canaries.hold_canary(canary_id=pk, actor=lea, now=LATER, reason="The fair is on."),
    )
    canary = look(world)
    assert (canary.share, canary.hold) == (100, CanaryHold.PERSON)


def test_the_watch_promotes_nothing_that_a_person_holds(world: Releases) -> None:
    canaries.hold_canary(canary_id=world.canary.pk, actor=lead(), now=LATER, reason="The fair is on.")
    for move in (canaries.widen_canary, canaries.promote_canary):
        with pytest.raises(CanaryMoved):
            move(canary_id=world.canary.pk, actor=WATCH, now=LATER, reason="x")
    assert world.canary.hold == CanaryHold.PERSON


@pytest.mark.django_db(transaction=True)
def test_who_rolls_it_back_does_not_wait_for_the_watch_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ready(monkeypatch)
    lea, pk = lead(), world.canary.pk
    done = []

    def roll_back() -> None:
        canaries.roll_back_canary(canary_id=pk, actor=lea, now=LATER, reason="Odd.")
        done.append("rolled back")
        connection.close()

    def meanwhile() -> None:
        other = threading.Thread(target=roll_back)
        other.start()
        other.join(20)
        done.append("read")

    between(monkeypatch, meanwhile)
    canary = look(world)
    assert done == ["rolled back", "read"]
    assert canary.end == CanaryEnd.ROLLED_BACK
    assert canary.verdict == {}  # of what had ended nothing is kept


def test_a_plan_against_a_champion_of_before_starts_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = releases(monkeypatch)
    usual = changes.plan_of

    def plan_of(*given: Any, **named: Any) -> dict[str, Any]:
        return {**usual(*given, **named), "champion": "v9-00000000"}

    monkeypatch.setattr(changes, "plan_of", plan_of)
    with pytest.raises(CanaryMoved):
        world.begin()
    assert not Canary.objects.exists()


@pytest.mark.parametrize(("audits", "words"), [(0, "nobody had looked"), (30, "30 audits")])
def test_what_bakes_without_an_answer_is_not_said_to_be_fine(
    db: None, monkeypatch: pytest.MonkeyPatch, audits: int, words: str
) -> None:
    world = releases(monkeypatch, history=100)
    promote(release_id=world.release.pk, actor=TESTER, now=BEGUN, reason="tests")
    run_watch(world, minutes=-170)
    if audits:
        decided(world.release, audits, at=BEGUN + timedelta(minutes=20))
    run_watch(world, minutes=24 * 60)
    bake = Bake.objects.get()
    assert bake.outcome == BakeOutcome.KEPT
    assert words in bake.reason
