"""`demo --drift`: three weeks that begin in the past and end now, at a stated speed, and then the present."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from cases.models import Case, Workflow
from hitl.demo.client import ApiClient
from hitl.demo.drift.changes import ChangingWorld, Days
from hitl.demo.drift.story import Chapter, person
from hitl.demo.drift.weeks import DAY, Place, Player, SteppedClock, wait_for
from hitl.demo.load import learn_histories, make_workflows
from hitl.demo.people import secrets_of
from hitl.shared import clock
from hitl.simulate.people import Reviewers
from models_store.models import TrainingRun
from models_store.selectors import champion
from models_store.services.schedule import change_training_settings
from policy.models.canaries import CanarySettings
from reviews.services.rules import change_rules

Say = Callable[[str], None]
DAYS, CALM = 21, 8  # of the story, and of these before the change
SPEED = 2_000.0  # times as fast as life: a day in 43 seconds, all of it in fifteen minutes
REVIEWERS = 3
HISTORY_SECONDS = 1_800
CANARY = {"min_labels": 20, "min_hours": 6.0, "bake_hours": 24.0}
BY_DRIFT_ALONE = {"min_new_labels": 100_000, "every_hours": 24.0 * 365, "challengers_wait": True}


def is_told() -> bool:
    """Tell whether a story was begun in this data directory; one that never had a case begins again."""
    return Case.objects.exists()


def begin_clock(data: Path) -> SteppedClock:
    """Let it be the evening before the first day, for all processes of the service."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return SteppedClock.begin(data / "clock_step", today - DAYS * DAY - timedelta(hours=2))


def prepare(worlds: Sequence[ChangingWorld]) -> None:
    """Have accounts and workflows before anything serves."""
    make_workflows(settings.DATA_DIR, worlds)


def play(
    address: str,
    stepped: SteppedClock,
    say: Say,
    worlds: Sequence[ChangingWorld],
    *,
    speed: float = SPEED,
    days: int = DAYS,
    calm: int = CALM,
) -> int:
    """Play the weeks; return 0 if every workflow has a model again that knows the changed world, else 1."""
    kept = secrets_of(settings.DATA_DIR)
    if kept is None:
        raise RuntimeError("the demo was not set up")
    say(f"\n  Open {address}/monitoring/ and sign in as olga, with the password {kept.password}")
    say(f"  {days} days, {speed:g} times as fast as life. A promise of 5 % for each workflow.\n")
    places = _places(worlds, say)
    truth: dict[UUID, tuple[int, str]] = {}
    people = Reviewers(REVIEWERS, error=0.0, labels=(), truth=truth, seed=1)
    chapters = [Chapter(place, say) for place in places]
    has_changed = False

    def each_part() -> None:
        for chapter in chapters:
            if has_changed:
                chapter.go_on()

    player = Player(ApiClient(address, kept.api_key), stepped, places, people, truth, each_part)
    first = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    began = time.monotonic()
    for day in range(days):
        if day == calm:
            has_changed = True
            for chapter in chapters:
                chapter.begin()
                world = chapter.place.world
                say(f"\n  {first + day * DAY:%a %d %b}  {world.name}: {world.what}")
            say("")
        player.day(first + day * DAY, has_changed=has_changed)
        each_part()
        for chapter in chapters:
            chapter.days += has_changed
        say(_line(first + day * DAY, places))
        time.sleep(max(0.0, began + (day + 1) * DAY.total_seconds() / speed - time.monotonic()))
    passed = time.monotonic() - began
    stepped.rejoin()
    say(f"\n  That was {days * DAY.total_seconds() / passed:,.0f} times as fast as life. It is now again.")
    for chapter in chapters:
        say(_end(chapter, calm))
    return 0 if all(chapter.is_over for chapter in chapters) else 1


def _places(worlds: Sequence[ChangingWorld], say: Say) -> list[Place]:
    """Import the histories, train the first models, and set what a story of three weeks needs."""
    places = []
    runs = learn_histories(say, worlds)
    for world in worlds:
        workflow = Workflow.objects.get(slug=world.slug)
        rules = {"reviews_required": 1, "known_answer_rate": 0.0}
        change_rules(workflow_id=workflow.pk, values=rules, actor=person("olga"), now=clock.now())
        change_training_settings(
            workflow_id=workflow.pk, actor=person("oskar"), now=clock.now(), **BY_DRIFT_ALONE
        )
        CanarySettings.objects.update_or_create(workflow=workflow, defaults=CANARY)
        places.append(Place(world, workflow, Days.of(world)))
    for run in runs:
        wait_for(lambda run=run: not TrainingRun.objects.get(pk=run.pk).is_active, seconds=HISTORY_SECONDS)  # type: ignore[misc]
    for place in places:
        release = champion(place.workflow.pk)
        if release is None:
            raise RuntimeError(f"{place.world.name}: there is no model")
        say(f"  {place.world.name}: {release.name} is the champion")
    return places


def _line(day: datetime, places: Sequence[Place]) -> str:
    parts = [
        f"{place.world.name} {place.automatic[-1]:.0%} automatic, {place.wrong[-1]:.0%} of it wrong"
        for place in places
    ]
    return f"  {day:%a %d %b}  " + "; ".join(parts)


def _end(chapter: Chapter, calm: int) -> str:
    automatic, wrong = chapter.place.automatic, chapter.place.wrong
    worst = max(wrong[calm:])
    return (
        f"  {chapter.place.world.name}: {automatic[calm - 1]:.0%} automatic before the change,"
        f" {automatic[-1]:.0%} on the last day; of a day's automatic decisions at worst {worst:.0%} were"
        f" wrong, on the last day {wrong[-1]:.0%}."
    )
