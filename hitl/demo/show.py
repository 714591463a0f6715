"""What `demo` does beside serving: prepare, welcome, and with --check play the story once."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.conf import settings

from cases.models import Workflow
from hitl.demo.beside import Beside
from hitl.demo.load import learn_histories, make_workflows
from hitl.demo.people import ACTOR, PEOPLE, secrets_of
from hitl.demo.succession import (
    WHY,
    NotTold,
    begin_canary,
    has_scored,
    take_over,
    wait_until,
    worse_challenger,
)
from hitl.demo.worlds import SpamMail
from hitl.shared import clock
from hitl.shared.errors import HitlError
from models_store.models import TrainingRun
from models_store.services.runs import request_training
from models_store.types import RunStatus, Trigger
from policy.models import CutoffSet

Say = Callable[[str], None]
TRAINING_SECONDS = 3600
SCORED = 20  # cases in shadow before the canary begins
PATIENCE = timedelta(minutes=20)


def prepare() -> None:
    """Have the accounts and workflows before anything serves."""
    make_workflows(settings.DATA_DIR)


def welcome(address: str, say: Say) -> int | None:
    """Print who may sign in, then import the histories and train while the service runs."""
    kept = secrets_of(settings.DATA_DIR)
    say("")
    say(f"  Open {address} and sign in, with the password {kept.password if kept else '?'} for all:")
    for person in PEOPLE:
        say(f"    {person.username:<6} {person.first_name.partition(', ')[2] or 'everything'}")
    say("  Cases are coming in through the REST API. Until a workflow has a model, people decide everything.")
    say("")
    runs = learn_histories(say)
    mails = [run for run in runs if run.workflow.slug == SpamMail.slug]
    others = Beside(lambda: _say_outcomes([run for run in runs if run not in mails], say))
    _say_outcomes(mails, say)
    try:
        _succession(say)
    except (NotTold, HitlError) as why:
        say(f"The story of the worse model cannot be told: {why}")
    others.wait()
    return None


def _say_outcomes(runs: Sequence[TrainingRun], say: Say) -> None:
    for run in runs:
        say(_outcome(wait_for(run)))


def _succession(say: Say) -> None:
    """Let a model made worse on purpose be tried beside the stream of mail, and another take over."""
    workflow = Workflow.objects.get(slug=SpamMail.slug)
    if TrainingRun.objects.filter(workflow=workflow, because=WHY).exists():
        return  # told at an earlier start
    worse = worse_challenger(say)
    wait_until(lambda: has_scored(worse, SCORED), most=PATIENCE, why="It has not scored in shadow.")
    canary = begin_canary(worse, say)

    def is_over() -> bool:
        canary.refresh_from_db()
        return canary.ended_at is not None

    wait_until(is_over, most=PATIENCE, why="Too few audits of it are answered.", pause=5.0)
    say(f"{workflow.name}: {worse.name} {canary.get_end_display()}. {canary.end_reason}")
    reason = "With what people have answered since."
    run = request_training(
        workflow_id=workflow.pk, trigger=Trigger.HAND, actor=ACTOR, now=clock.now(), reason=reason
    )
    better = wait_for(run).release
    if better is not None:
        take_over(better, say)


def wait_for(run: TrainingRun, *, seconds: float = TRAINING_SECONDS) -> TrainingRun:
    """Wait until a training run is over, and return it as it is then."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        run = TrainingRun.objects.select_related("workflow", "release").get(pk=run.pk)
        if not run.is_active:
            break
        time.sleep(0.3)
    return run


def _outcome(run: TrainingRun) -> str:
    name = run.workflow.name
    if run.status == RunStatus.SUCCEEDED and run.release is not None:
        chosen = run.release.report["chosen"]
        in_force = CutoffSet.objects.filter(release=run.release, in_force_from__isnull=False).first()
        in_words = f"{in_force.get_basis_display()} cutoffs in force" if in_force else ""
        cutoffs = in_words or "its certificate is being worked out"
        return f"{name}: model {run.release.name} ({chosen}), {cutoffs}"
    return f"{name}: training {run.get_status_display()}. {run.reason}"
