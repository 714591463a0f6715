"""Something of everything there is, for tests that walk through all addresses."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile

from cases.files.told import Told
from cases.models import Case, Workflow
from hitl.accounts.models import User
from hitl.flow.setup.file_imports import give_file
from hitl.flow.setup.subscribe import subscribe
from hitl.shared.actor import system
from hitl.shared.clock import now
from models_store.models import TrainingRun
from models_store.selectors import champion
from models_store.services.sources import propose_source
from monitoring.alarms.contract import contract_of
from monitoring.alarms.found import Finding, raise_alarm
from monitoring.counts.outputs import SCORE
from monitoring.maintain.asked import ask_for_study
from monitoring.maintain.run import make_study
from monitoring.models import Alarm, ReplayRun
from monitoring.replay.asked import ask_replay, work
from monitoring.replay.run import Tried
from monitoring.types import CountFamily, MetricKey, Reference
from policy.services.recalls import Taken, begin_recall
from reviews.models import ReviewRules
from tests.support.case_rows import waiting_case
from tests.support.model_rows import applications, credit_workflow, train_now
from tests.support.review_rows import say


def a_day_of_work(everybody: User) -> dict[str, Any]:
    """Let there be something of everything; return what addresses are made of."""
    workflow = credit_workflow(300)
    train_now(workflow)
    ReviewRules.objects.get_or_create(workflow=workflow)
    content = applications()[400].content
    decided, _ = (waiting_case(workflow, content, at=now()) for _ in range(2))
    say(everybody, workflow.schemas.get(number=1).label_names[0], at=now())
    endpoint = subscribe(
        name="Ledger",
        url="https://ledger.example/hooks",
        kinds=["case.decided"],
        workflow_id=None,
        actor=everybody.as_actor(),
        now=now(),
    )
    given = give_file(
        workflow=workflow,
        file=ContentFile(b"amount,label\n1,good\n", name="history.csv"),
        told=Told(),
        attest=False,
        all_new=False,
        allow=0.0,
        actor=everybody.as_actor(),
        now=now(),
    )
    release = champion(workflow.id)
    recall = begin_recall(
        workflow_id=workflow.pk,
        taken=Taken(until=now()),
        per_day=5,
        reason="Odd answers.",
        actor=everybody.as_actor(),
        now=now(),
    )
    label = workflow.schemas.get(number=1).label_names[0]
    other = workflow.schemas.get(number=1).label_names[1]
    source = propose_source(
        workflow_id=workflow.pk,
        model="acme-credit",
        version="7",
        label_map={label: label, other: other},
        known_answers=[
            {"label": one, "probabilities": {one: 0.9, two: 0.1}}
            for one, two in [(label, other), (other, label)] * 10
        ],
        actor=everybody.as_actor(),
        now=now(),
    )
    study = ask_for_study(workflow=workflow, actor=everybody.as_actor(), now=now())
    make_study(study.pk, now=now())
    return {
        "form": "csv",
        "source_id": source.pk,
        "address": "how-to/simulate/",
        "recall_id": recall.pk,
        "replay_id": _replayed(workflow, everybody).pk,
        "alarm_id": _alarm(workflow.pk).pk,
        "import_id": given.pk,
        "slug": workflow.slug,
        "case_id": Case.objects.get(pk=decided.pk).pk,
        "person_id": everybody.pk,
        "release_id": release.pk if release else None,
        "run_id": TrainingRun.objects.latest("id").pk,
        "endpoint_id": endpoint.pk,
    }


def _replayed(workflow: Workflow, who: User) -> ReplayRun:
    """Return a replay of all there was that is done, and leave one that waits."""
    at = now()
    tried = Tried(since=at - timedelta(days=7), until=at)
    done = ask_replay(workflow=workflow, tried=tried, actor=who.as_actor(), now=at)
    work(replay_id=done.pk, now=at)
    ask_replay(workflow=workflow, tried=tried, actor=who.as_actor(), now=at)
    return done


def _alarm(workflow_id: UUID) -> Alarm:
    at = now()
    return raise_alarm(
        workflow_id=workflow_id,
        contract=contract_of(MetricKey(CountFamily.OUTPUT.value, "", SCORE), Reference.BEFORE),
        finding=Finding(0.3, 0.1, at - timedelta(days=1), at),
        actor=system("monitoring"),
        now=at,
    )
