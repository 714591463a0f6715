"""The workflow that the benchmarks use: real mail, a real model of it, automated above a cutoff."""

from dataclasses import dataclass, replace
from functools import cached_property

import orjson
from django.core.management import call_command

from cases.models import Workflow
from cases.services.imports import Labelled, import_labelled
from hitl.accounts.keys import create_key
from hitl.accounts.types import Role, Scope
from hitl.demo.worlds import Example, SpamMail
from hitl.flow.learning.run import run_training
from hitl.flow.setup.create import set_up_workflow
from hitl.shared import clock
from hitl.shared.actor import system
from models_store.models import Release, TrainingRun
from models_store.services.runs import request_training
from policy.services.cutoffs import set_cutoffs_by_hand
from policy.services.promises import Promise

ACTOR = replace(system("bench"), roles=frozenset({Role.OPERATOR}))
HISTORY = {True: 800, False: 2600}  # mails to learn from, by whether the benchmark is to be quick
SHORT_CHARACTERS = 440  # with JSON around them about 470 bytes: what the bars were set with
CUTOFF = 0.6


@dataclass(frozen=True)
class Mail:
    """The workflow, its model, a key, and messages that the model has not seen."""

    workflow: Workflow
    release: Release
    key: str
    mails: list[Example]

    @cached_property
    def short(self) -> list[bytes]:
        """Request bodies of mails cut to a few lines."""
        return [short_body(mail.content) for mail in self.mails]

    @cached_property
    def whole(self) -> list[bytes]:
        """Request bodies of the mails as they came: 2 kB on average, some 100 kB."""
        return [_body(mail.content) for mail in self.mails]


def make_workflow() -> tuple[Workflow, SpamMail]:
    """Migrate the stage's empty database and make a workflow that has no model yet."""
    call_command("migrate", interactive=False, verbosity=0)
    world = SpamMail()
    workflow = set_up_workflow(
        slug=world.slug,
        name=world.name,
        fields=world.fields,
        labels=world.labels,
        degree="partial",
        promise=Promise(target=world.target),
        actor=ACTOR,
        now=clock.now(),
    )
    return workflow, world


def set_up(*, quick: bool) -> Mail:
    """Make the workflow, import a history, train, automate what is above a cutoff.

    The cutoff is set by hand: a young certificate would hold most cases back, and what is measured is a
    service that has been at work for a while.
    """
    workflow, world = make_workflow()
    now = clock.now()
    examples = world._examples()
    learn, rest = examples[: HISTORY[quick]], examples[world.history_size :]
    items = [Labelled(e.content, e.truth, e.reference) for e in learn]
    import_labelled(workflow_id=workflow.id, items=items, actor=ACTOR, now=now, attest=True)
    run = request_training(workflow_id=workflow.id, trigger="hand", actor=ACTOR, now=now)
    run_training(run_id=run.id, clock=clock.now)
    run = TrainingRun.objects.select_related("release").get(pk=run.pk)
    if run.release is None:
        raise RuntimeError(f"no model to measure with: {run.reason}")
    set_cutoffs_by_hand(
        workflow_id=workflow.id,
        cutoffs={label["name"]: CUTOFF for label in world.labels},
        reason="To measure automated cases.",
        actor=ACTOR,
        now=clock.now(),
    )
    _, key = create_key(
        name="bench", scopes=[Scope.SUBMIT, Scope.READ], is_for_all_workflows=True, actor=ACTOR, now=now
    )
    return Mail(workflow, run.release, key, rest)


def short_body(content: dict[str, str]) -> bytes:
    """Return the request body of a mail cut to a few lines."""
    return _body(_cut(content))


def _cut(content: dict[str, str]) -> dict[str, str]:
    subject = content["subject"][:100]
    return {"subject": subject, "body": content["body"][: SHORT_CHARACTERS - len(subject)]}


def _body(content: dict[str, str]) -> bytes:
    return orjson.dumps({"content": content})
