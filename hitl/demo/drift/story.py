"""What is seen of a change, what people do about it, and what comes of it: told as it happens.

Nothing is staged but the change itself. What rises, which model is refused or promoted, and when, is what the
service does; the story only waits for it, and lets olga and oskar do what operators do.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.demo.drift.weeks import Place, wait_for
from hitl.demo.succession import change
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError
from models_store.models import Release, TrainingRun
from models_store.selectors import active_run, champion, roles_now
from models_store.services.runs import request_training
from models_store.types import ReleaseRole, RunStatus, Trigger
from monitoring.alarms.answered import acknowledge_alarm, close_alarm
from monitoring.alarms.selectors import key_of
from monitoring.drift.compared import in_words
from monitoring.drift.metrics import metrics_now, words_of
from monitoring.drift.selectors import reading_of
from monitoring.models import Alarm
from monitoring.types import AlarmStatus, Reference, Verdict
from policy.models import Policy
from policy.models.canaries import Canary
from policy.selectors import open_canary
from policy.types import ReleaseAction

Say = Callable[[str], None]
TRAINING_SECONDS = 900
WIDENED = 3  # times, to half of the cases
PATIENCE = 4  # days after which oskar asks for a training that nothing has asked for


@dataclass
class Chapter:
    """Where the story of one workflow stands."""

    place: Place
    say: Say
    days: int = 0  # since the change
    is_over: bool = False  # a model that learned after the change has taken over
    told: set[str] = field(default_factory=set)
    runs_before: frozenset[str] = frozenset()
    tried: set[str] = field(default_factory=set)

    @property
    def workflow(self) -> Workflow:
        """Whose story it is."""
        return self.place.workflow

    def begin(self) -> None:
        """Remember what was there before the change."""
        runs = TrainingRun.objects.filter(workflow=self.workflow).values_list("pk", flat=True)
        self.runs_before = frozenset(map(str, runs))

    def go_on(self) -> None:
        """Look at what has happened since, tell it, and do what is to be done about it."""
        self._alarms()
        self._brake()
        self._train()
        self._canary()

    def _tell(self, what: str, words: str) -> None:
        if what not in self.told:
            self.told.add(what)
            self.say(f"  {clock.now():%a %d %b %H:%M}  {self.place.world.name}: {words}")

    def _alarms(self) -> None:
        """Olga acknowledges what is new, and says of what it was when she has found out."""
        for alarm in Alarm.objects.filter(workflow=self.workflow, status=AlarmStatus.OPEN):
            key, reference = key_of(alarm), Reference(alarm.reference)
            metric = metrics_now(self.workflow.pk).get(key)
            reading = reading_of(self.workflow.pk, key, reference, alarm.window_until)
            said = in_words(metric, reading) if metric and reading else ""
            self._tell(f"alarm {alarm.pk}", f"ALARM, {words_of(key)}. {said}")
            acknowledge_alarm(alarm_id=alarm.pk, actor=person("olga"), now=clock.now())

    def _brake(self) -> None:
        policy = Policy.objects.get(workflow=self.workflow)
        if policy.breaker_tripped_at is not None:
            self._tell(f"brake {policy.breaker_tripped_at}", f"automation stopped. {policy.breaker_reason}")
        elif policy.audit_rate > policy.audit_base + 1e-9:
            self._tell("audits", f"audits are raised to {policy.audit_rate:.0%} of automatic decisions")

    def _train(self) -> None:
        """Wait for a model that is being trained; ask for one where nothing has."""
        if self.is_over:
            return
        wait_for(lambda: active_run(self.workflow.pk) is None, seconds=TRAINING_SECONDS)
        for run in self._runs():
            by = Trigger(run.trigger).label
            if run.status == RunStatus.SUCCEEDED and run.release is not None:
                self._tell(f"run {run.pk}", f"{run.release.name} was trained ({by}). {run.reason}")
            else:
                self._tell(f"run {run.pk}", f"training ({by}) {run.get_status_display()}. {run.reason}")
        if not self._runs() and self.days >= PATIENCE:
            why = f"Since {self.place.world.what}, nothing has asked for a new model."
            request_training(
                workflow_id=self.workflow.pk,
                trigger=Trigger.HAND,
                actor=person("oskar"),
                now=clock.now(),
                reason=why,
            )
            wait_for(lambda: active_run(self.workflow.pk) is None, seconds=TRAINING_SECONDS)

    def _runs(self) -> list[TrainingRun]:
        runs = TrainingRun.objects.filter(workflow=self.workflow).exclude(pk__in=self.runs_before)
        return list(runs.select_related("release").order_by("requested_at"))

    def _canary(self) -> None:
        """Oskar starts a canary of the newest model; where nothing can decide beside it, it takes over."""
        made = [run.release for run in self._runs() if run.release is not None]
        if not made or self.is_over:
            return
        newest = made[-1]
        if champion(self.workflow.pk) in made:
            self.is_over = True
            self._tell("over", f"{newest.name} is the champion")
            self._close_alarms()
            return
        canary = open_canary(self.workflow.pk)
        if canary is not None:
            hold = f", held: {canary.hold_reason}" if canary.hold else ""
            self._tell(
                f"canary {canary.pk} {canary.share} {canary.hold}",
                f"{canary.release.name} decides {canary.share / 100:g} % of the cases{hold}",
            )
            return
        for ended in Canary.objects.filter(workflow=self.workflow, release__in=made):
            self._tell(
                f"end {ended.pk}", f"{ended.release.name}: {ended.get_end_display()}. {ended.end_reason}"
            )
        if roles_now(self.workflow.pk)[newest.pk].role == ReleaseRole.SHADOW:
            self._put_in_service(newest)

    def _put_in_service(self, release: Release) -> None:
        self._close_alarms()
        if str(release.pk) in self.tried:
            return
        self.tried.add(str(release.pk))
        why = f"It has learned since {self.place.world.what}."
        is_stopped = Policy.objects.get(workflow=self.workflow).breaker_tripped_at is not None
        actions = (
            [ReleaseAction.PROMOTE]
            if is_stopped
            else [ReleaseAction.CANARY] + [ReleaseAction.WIDEN] * WIDENED
        )
        try:
            for action in actions:
                change(release, action, why)
        except HitlError as refused:
            self._tell(f"refused {release.pk}", f"{release.name} cannot decide yet. {refused.message}")
            return
        how = "takes over: nothing is automated beside it" if is_stopped else "begins as a canary"
        self._tell(f"service {release.pk}", f"{release.name} {how}")

    def _close_alarms(self) -> None:
        note = f"Since {self.place.world.what}. A model that knows it is on its way: this is how it is now."
        for alarm in Alarm.objects.filter(workflow=self.workflow, closed_at=None):
            close_alarm(
                alarm_id=alarm.pk, verdict=Verdict.EXPECTED, note=note, actor=person("olga"), now=clock.now()
            )
            self._tell("closed", "olga closes the alarms: it is known what they were")


def person(username: str) -> Actor:
    """Return one of the demo's people, as who acts."""
    return User.objects.get(username=username).as_actor()
