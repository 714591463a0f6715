"""Set the demo up: accounts and workflows first, so that the service is ready soon; histories after that."""

from collections.abc import Callable, Sequence
from pathlib import Path

from cases.models import Case, Workflow
from cases.services.imports import Labelled, import_labelled
from cases.types import Origin
from hitl.demo.elsewhere import register_stub
from hitl.demo.people import ACTOR, Secrets, make_people
from hitl.demo.worlds import WORLDS, SpamMail, World
from hitl.flow.setup.create import set_up_workflow
from hitl.shared import clock
from models_store.errors import RunActive
from models_store.models import TrainingRun
from models_store.selectors import champion
from models_store.services.runs import request_training
from models_store.types import Trigger
from policy.services.promises import Promise
from policy.types import Degree

CHUNK = 500


def make_workflows(data: Path, worlds: Sequence[World] = WORLDS) -> Secrets:
    """Make the accounts and the workflows that are not there yet. Their promise may be kept from the start:
    without a model, `partial` sends every case to people.
    """
    now = clock.now()
    kept = make_people(data, now=now)
    for world in worlds:
        if not Workflow.objects.filter(slug=world.slug).exists():
            set_up_workflow(
                slug=world.slug,
                name=world.name,
                description=world.description,
                review_policy=world.review_policy,
                fields=world.fields,
                labels=world.labels,
                degree=Degree.PARTIAL,
                promise=Promise(target=world.target),
                actor=ACTOR,
                now=now,
            )
        if world.slug == SpamMail.slug:
            register_stub(Workflow.objects.get(slug=world.slug), now=now)
    return kept


def learn_histories(say: Callable[[str], None], worlds: Sequence[World] = WORLDS) -> list[TrainingRun]:
    """Import the history of each workflow that has none and ask for its first model; return the runs."""
    runs = []
    for world in worlds:
        workflow = Workflow.objects.get(slug=world.slug)
        if not Case.objects.filter(workflow=workflow, origin=Origin.IMPORT).exists():
            taken = import_history(world, workflow)
            say(f"{world.name}: took in {taken:,} labelled cases")
        if champion(workflow.id) is None:
            try:
                runs.append(
                    request_training(
                        workflow_id=workflow.id, trigger=Trigger.HAND, actor=ACTOR, now=clock.now()
                    )
                )
            except RunActive:
                runs.append(TrainingRun.objects.get(workflow=workflow, status__in=["queued", "running"]))
    return runs


def import_history(world: World, workflow: Workflow) -> int:
    """Import a world's labelled cases. They are a random sample, labelled without a model: we attest it."""
    taken = 0
    for chunk in _chunks(world):
        taken += import_labelled(
            workflow_id=workflow.id, items=chunk, actor=ACTOR, now=clock.now(), attest=True
        ).taken
    return taken


def _chunks(world: World) -> Sequence[Sequence[Labelled]]:
    items = [Labelled(e.content, e.truth, e.reference) for e in world.history()]
    return [items[i : i + CHUNK] for i in range(0, len(items), CHUNK)]
