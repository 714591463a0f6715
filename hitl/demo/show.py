"""What `demo` does beside serving: prepare, welcome, and with --check play the story once."""

import time
from collections.abc import Callable

from django.conf import settings

from hitl.demo.load import learn_histories, make_workflows
from hitl.demo.people import PEOPLE, secrets_of
from models_store.models import TrainingRun
from models_store.types import RunStatus
from policy.models import CutoffSet

Say = Callable[[str], None]
TRAINING_SECONDS = 3600


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
    for run in learn_histories(say):
        say(_outcome(wait_for(run)))
    return None


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
        cutoffs = "certified cutoffs in force" if in_force else "its certificate is being worked out"
        return f"{name}: model {run.release.name} ({chosen}), {cutoffs}"
    return f"{name}: training {run.get_status_display()}. {run.reason}"
