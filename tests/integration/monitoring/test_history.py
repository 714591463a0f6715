"""The history of a workflow's models, from stored rows: roles, days, and what happened."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from hitl.accounts.types import WATCHING, Role
from hitl.shared import clock
from hitl.stop.services import start_everything, stop_everything
from models_store.services.roles import promote, retire
from monitoring.releases.past import past_of
from monitoring.tallies.fold import fold_decisions
from policy.models import Recall
from policy.services.canaries import roll_back_canary
from tests.support.factories import NOW, TESTER, person
from tests.support.live_rows import decided
from tests.support.pages import as_read
from tests.support.policy_rows import lead, operator, workflow_with_policy
from tests.support.release_rows import BEGUN, Releases, releases

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = BEGUN + 3 * DAY


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Releases:
    """Return a canary that was rolled back, a stop, a recall, and the way there and back."""
    found = releases(monkeypatch)
    canary = found.begin()
    decided(found.champion, 30, at=BEGUN + HOUR, wrong=3)
    decided(found.release, 10, at=BEGUN + DAY, wrong=5)
    roll_back_canary(canary_id=canary.pk, actor=lead("lea"), now=BEGUN + DAY + HOUR, reason="It looks odd.")
    stop_everything(reason="A wrong feed.", actor=lead("max"), now=BEGUN + 2 * DAY)
    start_everything(reason="Mended.", actor=operator("mia"), now=BEGUN + 2 * DAY + HOUR)
    Recall.objects.create(
        workflow=found.workflow,
        release=found.release,
        reason="Odd answers.",
        per_day=9,
        asked_by="lea",
        at=BEGUN + 2 * DAY + 2 * HOUR,
        listed_at=BEGUN + 2 * DAY + 2 * HOUR,
        total=10,
        finished_at=BEGUN + 2 * DAY + 3 * HOUR,
        report={"answered": 10, "wrong": 5},
    )
    fold_decisions(workflow_id=found.workflow.pk, now=LATER)
    return found


def test_what_happened_is_told_once_and_in_its_order(world: Releases) -> None:
    past = past_of(world.workflow, now=LATER)
    assert past is not None
    name = world.release.name
    assert [(one.what, one.release, one.by) for one in reversed(past.events)] == [
        ("It became the champion", world.champion.name, "tests"),
        ("It began to score in shadow", name, "tests"),
        ("It began to decide a share as a canary", name, world.actor.name),
        ("Its canary was rolled back at 1 %", name, "lea"),
        ("Everything was stopped", "", "max"),
        ("Automation was started again", "", "mia"),
        ("A recall of 10 decisions began", name, "lea"),
        ("The recall closed", name, ""),
    ]
    (_, plot), _ = past.plots
    number = f"v{world.release.number}"
    assert [words for _, words in plot.marks] == [
        f"v{world.champion.number} champion",
        f"{number} canary",
        f"{number} rolled back",
        "stop",
        "start",
        "recall",
    ]


def test_the_lanes_are_the_roles_that_each_had(world: Releases) -> None:
    past = past_of(world.workflow, now=LATER)
    assert past is not None
    lanes = {lane.release.pk: [bar.role for bar in lane.bars] for lane in past.lanes}
    assert lanes == {
        world.release.pk: ["shadow", "canary"],
        world.champion.pk: ["champion"],
    }
    for lane in past.lanes:
        for bar in lane.bars:
            assert 0 <= bar.x < bar.x + bar.width <= 100
            assert bar.width > 0


def test_the_days_say_what_was_automated_and_what_audits_found(world: Releases) -> None:
    past = past_of(world.workflow, now=LATER)
    assert past is not None
    by_day = {day.at: day for day in past.days}
    first, second = by_day[BEGUN.date()], by_day[(BEGUN + DAY).date()]
    assert (first.automatic, first.total, first.wrong, first.drawn) == (30, 30, 3, 30)
    assert (second.wrong, second.drawn, second.error) == (5, 10, 0.5)
    assert by_day[LATER.date()].error is None


def test_an_audit_that_somebody_is_asked_about_holds_back_what_came_after_it(world: Releases) -> None:
    decided(world.champion, 1, at=BEGUN + 2 * HOUR, answered=False, due_at=LATER + DAY)
    decided(world.champion, 20, at=BEGUN + 2 * DAY)
    past = past_of(world.workflow, now=LATER)
    assert past is not None
    by_day = {day.at: day for day in past.days}
    assert by_day[BEGUN.date()].drawn == 30
    assert by_day[(BEGUN + 2 * DAY).date()].drawn == 0


def test_the_way_back_is_called_so(world: Releases) -> None:
    promote(release_id=world.champion.pk, actor=TESTER, now=LATER)  # nothing: it is the champion
    retire(release_id=world.champion.pk, actor=TESTER, now=LATER, reason="Too old.")
    promote(release_id=world.champion.pk, actor=TESTER, now=LATER + HOUR, reason="It was not.")
    past = past_of(world.workflow, now=LATER + 2 * HOUR)
    assert past is not None
    assert past.events[0].what == "It became the champion again"
    assert past.events[0].mark == f"back to v{world.champion.number}"


def test_what_lies_before_the_window_is_left_out(world: Releases) -> None:
    past = past_of(world.workflow, now=LATER + 200 * DAY)
    assert past is not None
    assert not past.events
    assert [lane.release for lane in past.lanes] == [world.champion]
    assert past.lanes[0].bars[0].width == 100


@pytest.mark.parametrize("role", list(Role))
def test_the_part_of_the_page(world: Releases, role: Role) -> None:
    clock.use(lambda: LATER)
    client = Client()
    client.force_login(person(role))
    answer = client.get(reverse("models-history", args=[world.workflow.slug]))
    if role not in WATCHING:
        assert answer.status_code == 404
        return
    assert answer.status_code == 200
    read = as_read(answer.content.decode())
    assert "It looks odd." in read
    assert "5 of 10 answered were wrong." in read


def test_without_a_model_there_is_none_yet() -> None:
    workflow = workflow_with_policy()
    assert past_of(workflow, now=NOW) is None
    client = Client()
    client.force_login(person(Role.OPERATOR))
    read = as_read(client.get(reverse("models-history", args=[workflow.slug])).content.decode())
    assert "No history yet" in read
