"""The workflow of `bench scale`, whose models are trained by worker hosts, and how it is asked for."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from bench._mail import ACTOR, CUTOFF, make_workflow, short_body
from bench._scale_load import Sender
from cases.models import Workflow
from cases.services.imports import Labelled, import_labelled
from hitl.accounts.keys import create_key
from hitl.accounts.types import Scope
from hitl.demo.worlds import SpamMail
from hitl.runtime.processes import wait_until
from hitl.shared import clock
from models_store.models import TrainingRun
from models_store.services.runs import request_training
from models_store.types import RunStatus
from policy.services.cutoffs import set_cutoffs_by_hand

FIRST, MORE = (
    600,
    300,
)  # mails that the first model learns from, and those that a later one learns from as well
TRAINED_SECONDS = 420.0
"""Until a run that was cut off has been noticed, within 90 s, and done again on a busy machine."""


@dataclass
class World:
    """A workflow of mails, and how many of its history have been labelled."""

    workflow: Workflow
    spam: SpamMail
    labelled: int = 0

    def label(self, n: int) -> None:
        """Bring in labels of some more mails."""
        examples = self.spam._examples()[self.labelled : self.labelled + n]
        items = [Labelled(one.content, one.truth, one.reference) for one in examples]
        import_labelled(workflow_id=self.workflow.pk, items=items, actor=ACTOR, now=clock.now(), attest=True)
        self.labelled += n

    def train(self) -> TrainingRun:
        """Ask for a training run."""
        return request_training(
            workflow_id=self.workflow.pk, trigger="hand", actor=ACTOR, now=clock.now(), reason="bench"
        )

    def automate(self) -> None:
        """Let the champion decide what is above a cutoff: a certificate would hold most of it back."""
        set_cutoffs_by_hand(
            workflow_id=self.workflow.pk,
            cutoffs={label["name"]: CUTOFF for label in self.spam.labels},
            reason="To measure automated cases.",
            actor=ACTOR,
            now=clock.now(),
        )

    def sender(self) -> Sender:
        """Return what cases are sent with: mails that no model learned from, cut to a few lines."""
        scopes = [Scope.SUBMIT, Scope.READ]
        _, key = create_key(
            name="bench", scopes=scopes, is_for_all_workflows=True, actor=ACTOR, now=clock.now()
        )
        mails = self.spam._examples()[self.spam.history_size :]
        path = f"/api/v1/workflows/{self.workflow.slug}/cases"
        return Sender(path, key, [short_body(mail.content) for mail in mails])


def make_world() -> World:
    """Make the workflow and label the first mails."""
    workflow, spam = make_workflow()
    world = World(workflow, spam)
    world.label(FIRST)
    return world


def has_begun(run: TrainingRun) -> bool:
    """Wait until a worker has taken the run; whether one has."""
    waiting = TrainingRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED)
    return wait_until(lambda: not waiting.exists(), seconds=60, every=0.1)


def finished(run: TrainingRun) -> TrainingRun:
    """Wait until a run has made a model.

    Raises:
        RuntimeError: it has not.
    """
    ended = TrainingRun.objects.filter(pk=run.pk).exclude(status__in=(RunStatus.QUEUED, RunStatus.RUNNING))
    wait_until(ended.exists, seconds=TRAINED_SECONDS, every=0.25)
    found = TrainingRun.objects.select_related("release").get(pk=run.pk)
    if found.release is None:
        raise RuntimeError(f"no model: {found.status}, {found.step}, {found.reason}")
    return found


def sessions_from(address: str) -> int:
    """Return how many sessions of the database come from a machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE client_addr = %s::inet", [address])
        return int(cursor.fetchone()[0])


def seconds_between(before: datetime | None, after: datetime | None) -> float | None:
    """Return the seconds from one to the other, where there are both."""
    return (after - before).total_seconds() if before and after else None
