"""The demo's story of models: one made worse on purpose is found out as a canary; another takes over.

The worse one is trained and judged on labels as somebody would give them who takes every reply for spam. By
its own measure it is as good as any, so it passes the gate and gets a provisional certificate: audits alone
can tell (ADR 0069). Everything else is what the service does with any model: the services, and the people who
start and widen it, are those of every day.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.demo.people import ACTOR
from hitl.demo.worlds import SpamMail
from hitl.flow.learning.certify import certify
from hitl.shared import clock
from hitl.shared.actor import Actor
from models_store.models import Release, ShadowScore
from models_store.selectors import champion, roles_now
from models_store.services.heartbeat import heartbeat
from models_store.services.roles import move
from models_store.services.runs import begin, finish, request_training
from models_store.services.steps import Steps
from models_store.services.training import make_release
from models_store.services.training_sets import TrainingSet, take_snapshot
from models_store.types import ReleaseRole, RunStatus, Trigger
from monitoring.watch.canary.changes import approve_change, change_release, present_role
from policy.models.canaries import Canary, CanarySettings
from policy.types import ReleaseAction

Say = Callable[[str], None]
WHY = "Made worse on purpose, for the demo: it takes every reply for spam."
WIDENED = 3  # to half of the cases
STEP = {"min_labels": 10, "min_hours": 0.1, "bake_hours": 1.0}  # a demo is not watched for a week


class NotTold(RuntimeError):
    """The story cannot go on; the message says why."""


def worse_challenger(say: Say) -> Release:
    """Train the worse model, certify it by its own measure, and let it score in shadow.

    Raises:
        NotTold: it cannot be certified, so that no canary begins.
    """
    workflow = Workflow.objects.get(slug=SpamMail.slug)
    with transaction.atomic():  # taken before a worker is rung for
        asked = request_training(
            workflow_id=workflow.pk, trigger=Trigger.HAND, actor=ACTOR, now=clock.now(), reason=WHY
        )
        run = begin(run_id=asked.pk, now=clock.now())
    if run is None:
        raise NotTold("Another worker has taken the run.")
    with heartbeat(run, clock.now):
        release = make_release(run, Steps(run, clock.now), clock.now, read=_misread)
    certify(release, now=clock.now())
    move(release_id=release.pk, to=ReleaseRole.SHADOW, actor=ACTOR, now=clock.now(), reason=WHY)
    finish(run=run, status=RunStatus.SUCCEEDED, now=clock.now(), release=release)
    say(f"{workflow.name}: {release.name} was made worse on purpose, and scores in shadow")
    return release


def _misread(workflow: Workflow, *, unsettled: Collection[UUID]) -> TrainingSet:
    snapshot = take_snapshot(workflow, unsettled=unsettled)
    said = zip(snapshot.contents, snapshot.labels, strict=True)
    labels = ["spam" if is_reply(content) else label for content, label in said]
    return replace(snapshot, labels=labels)


def is_reply(content: Mapping[str, Any]) -> bool:
    """Tell whether a mail answers another."""
    return str(content.get("subject", "")).lower().startswith("re:")


def has_scored(release: Release, n: int) -> bool:
    """Tell whether a model in shadow has scored as many cases."""
    return ShadowScore.objects.filter(release=release)[:n].count() >= n


def begin_canary(release: Release, say: Say) -> Canary:
    """Let oskar start the canary and widen it to half of the cases; where it takes two, olga approves."""
    CanarySettings.objects.update_or_create(workflow_id=release.workflow_id, defaults=STEP)
    for action in (ReleaseAction.CANARY, *[ReleaseAction.WIDEN] * WIDENED):
        change(release, action, "It looks good in shadow.")
    canary = Canary.objects.get(release=release, ended_at=None)
    say(f"{release.workflow.name}: {release.name} decides {canary.share_percent} % of the cases as a canary")
    return canary


def change(release: Release, action: ReleaseAction, reason: str) -> None:
    """Do what operators do on the page of a model."""
    asked = change_release(
        release_id=release.pk,
        action=action,
        actor=_person("oskar"),
        now=clock.now(),
        reason=reason,
        seen=present_role(release),
    )
    if asked is not None:
        approve_change(change_id=asked.pk, actor=_person("olga"), now=clock.now())


def take_over(release: Release, say: Say) -> None:
    """Let a model that passed the gate be the champion, where it is not by itself already."""
    span = roles_now(release.workflow_id)[release.pk]
    if span.role != ReleaseRole.CHAMPION:
        change(release, ReleaseAction.PROMOTE, "It learnt from what people have answered since.")
    if champion(release.workflow_id) != release:
        raise NotTold(f"{release.name} did not become the champion.")
    say(f"{release.workflow.name}: {release.name} is the champion")


def wait_until(is_so: Callable[[], bool], *, most: timedelta, why: str, pause: float = 0.5) -> None:
    """Wait for something.

    Raises:
        NotTold: it took too long.
    """
    end = time.monotonic() + most.total_seconds()
    while not is_so():
        if time.monotonic() > end:
            raise NotTold(why)
        time.sleep(pause)


def _person(username: str) -> Actor:
    return User.objects.get(username=username).as_actor()
