"""An early sign starts training once there are labels from since then; each run says what started it."""

from datetime import timedelta

import pytest

from hitl.shared.actor import system
from models_store.models import TrainingRun, TrainingSettings
from models_store.services.runs import begin, finish
from models_store.types import RunStatus
from monitoring.signs.raised import raise_sign
from monitoring.types import SignKind
from monitoring.watch import early, watch
from tests.support.live_rows import decided
from tests.support.release_rows import BEGUN, Releases, releases

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Releases:
    """Return a workflow that never trains by its number of labels; what raises signs has tests of its own."""
    found = releases(monkeypatch)
    TrainingSettings.objects.create(workflow=found.workflow, min_new_labels=1_000_000)
    monkeypatch.setattr(early, "look", lambda *_: None)
    return found


def sign(world: Releases) -> None:
    raise_sign(
        workflow_id=world.workflow.pk,
        kind=SignKind.SCORE_DRIFT,
        evidence={"largest_gap": 0.4},
        actor=system("watch"),
        now=BEGUN,
    )


def labelled(world: Releases, n: int, *, hours: int) -> list[tuple[str, str]]:
    """Let people answer n audits, then look; return what started the runs, and why."""
    decided(world.champion, n, at=BEGUN + hours * HOUR)
    watch(world.workflow.pk, now=BEGUN + (hours + 1) * HOUR, settle=timedelta(0))
    runs = TrainingRun.objects.order_by("requested_at")
    return list(runs.values_list("trigger", "because"))


def test_labels_without_a_sign_start_nothing(world: Releases) -> None:
    assert labelled(world, 150, hours=1) == []


def test_a_sign_starts_a_run_at_a_hundred_labels_from_since_then_and_no_second(world: Releases) -> None:
    decided(world.champion, 200, at=BEGUN - 2 * HOUR)  # from before it teach nothing new
    sign(world)
    assert labelled(world, 99, hours=1) == []
    started = [
        (
            "drift",
            "101 labels since an early sign: The model's scores differ from what they were.",
        )
    ]
    assert labelled(world, 2, hours=2) == started
    assert labelled(world, 100, hours=3) == started


def test_at_four_times_as_many_it_is_tried_again(world: Releases) -> None:
    sign(world)
    labelled(world, 100, hours=1)
    run = begin(run_id=TrainingRun.objects.get().pk, now=BEGUN + 3 * HOUR)
    assert run is not None
    finish(run=run, status=RunStatus.REFUSED, now=BEGUN + 3 * HOUR, reason="No better.")
    assert len(labelled(world, 299, hours=4)) == 1
    assert [trigger for trigger, _ in labelled(world, 1, hours=6)] == ["drift", "drift"]


def test_nothing_but_a_person_starts_a_run_within_ten_minutes_of_the_last(world: Releases) -> None:
    sign(world)
    labelled(world, 100, hours=1)
    asked = TrainingRun.objects.get().requested_at
    run = begin(run_id=TrainingRun.objects.get().pk, now=asked)
    assert run is not None
    finish(run=run, status=RunStatus.REFUSED, now=asked, reason="No better.")
    decided(world.champion, 300, at=asked + timedelta(minutes=1))
    for minutes, runs in ((9, 1), (11, 2)):
        watch(world.workflow.pk, now=asked + timedelta(minutes=minutes), settle=timedelta(0))
        assert TrainingRun.objects.count() == runs


def test_who_trains_by_hand_only_is_left_alone(world: Releases) -> None:
    TrainingSettings.objects.update(is_automatic=False)
    sign(world)
    assert labelled(world, 150, hours=1) == []
