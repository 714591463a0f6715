"""A model behind a server, from its registration over a calibrator to a certificate: by the real service."""

import os
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from bench._sources_rows import rows, saved
from bench._sources_servers import Server
from bench._sources_stand import PATIENCE, TO_CALIBRATE, Stand, asked, said
from bench._sources_world import Examples
from cases.models import Workflow
from hitl.accounts.keys import create_key
from hitl.accounts.models import User
from hitl.accounts.types import Role, Scope
from hitl.bench.rows import Row, from_runs, ratio
from hitl.bench.stage import Web, started, web
from hitl.flow.intake import in_force, scoring
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.setup.create import set_up_workflow
from hitl.runtime import programs
from hitl.runtime.processes import wait_until
from hitl.shared import clock
from hitl.shared.actor import Actor
from models_store.models import Source, TrainingRun
from models_store.services.remote import ask_around, batch_of
from models_store.services.runs import request_training
from models_store.services.sources import confirm_source
from models_store.types import RunStatus, Trigger
from monitoring.watch.run import watch
from policy.models import Certificate
from policy.services.promises import Promise
from policy.types import CertificateStatus

TARGET = 0.05
MORE = 600  # cases at a time, until it is proved
FEWEST = 1_000
DONE = (RunStatus.SUCCEEDED, RunStatus.REFUSED, RunStatus.FAILED, RunStatus.CANCELLED)


@contextmanager
def service() -> Iterator[Web]:
    """Run web processes and workers until the block ends."""
    with web() as server, ExitStack() as running:
        for program in programs.workers(Path(os.environ["HITL_DATA_DIR"])):
            running.enter_context(started(program))
        yield server


@contextmanager
def swept() -> Iterator[None]:
    """Run the clock, without which no worker looks for what waits."""
    with started(programs.beat(Path(os.environ["HITL_DATA_DIR"]))):
        yield


def make_workflow(slug: str, examples: Examples, target: float = TARGET) -> tuple[Workflow, str]:
    """Make a workflow that asks nobody, and a key for it."""
    boss, now = _boss(), clock.now()
    workflow = set_up_workflow(
        slug=slug,
        name=slug,
        fields=examples.fields,
        labels=examples.labels,
        degree="partial",
        promise=Promise(target=target),
        actor=boss,
        now=now,
    )
    scopes = [Scope.SUBMIT, Scope.READ, Scope.MANAGE]
    _, key = create_key(name=slug, scopes=scopes, is_for_all_workflows=True, actor=boss, now=now)
    return workflow, key


def _boss() -> Actor:
    return User.objects.get_or_create(username="boss", defaults={"roles": [Role.OPERATOR]})[0].as_actor()


def register(
    server: Server, examples: Examples, web: Web, slug: str = "", *, target: float = TARGET
) -> Stand:
    """Make a workflow, propose the source by a key, confirm it as an operator, wait until it was tried."""
    people = [
        User.objects.get_or_create(username=f"reader-{n}", defaults={"roles": [Role.REVIEWER]})[0]
        for n in range(3)
    ]
    boss = _boss()
    slug = slug or f"{server.door}-{examples.name}".replace("_", "-")
    workflow, key = make_workflow(slug, examples, target)
    stand = Stand(workflow, _proposed(server, examples, web, slug, key), examples, key, people)
    confirm_source(source_id=stand.source.pk, actor=boss, now=clock.now())
    found = Source.objects.filter(pk=stand.source.pk)
    wait_until(lambda: not found.filter(tried={}, retired_at=None).exists(), seconds=PATIENCE, every=0.2)
    stand.source.refresh_from_db()
    if not stand.source.is_in_use:
        raise RuntimeError(f"{slug}: not in use: {stand.source.trouble_words}")
    return stand


def _proposed(server: Server, examples: Examples, web: Web, slug: str, key: str) -> Source:
    body = {
        "model": server.name,
        "version": server.version,
        "door": server.door,
        "address": server.address,
        "options": server.options,
        "seconds": 30,
        "deadline_seconds": 240,
        "price": 0.01 if server.door == "chat" else 0.0,
        "label_map": {one["name"]: one["name"] for one in examples.labels},
        "known_answers": [{"content": one.content, "label": one.truth} for one in examples.known],
    }
    if server.file:
        body["file"] = b64encode(server.file).decode()
    if server.door == "score_in":
        known = [{"label": one.truth, "probabilities": said(examples, one)} for one in examples.known]
        kept = ("model", "version", "door", "label_map")
        body = {name: body[name] for name in kept} | {"known_answers": known}
    made = asked(web, f"/api/v1/workflows/{slug}/sources", key, body)
    return Source.objects.select_related("workflow").get(pk=made["id"])


def taken_to_a_certificate(stand: Stand, web: Web, *, is_cascade: bool = False) -> Iterator[Row]:
    """Send all cases: people's answers to the first calibrate, those to the others confirm."""
    name = f"{stand.source.model}, {stand.examples.name}"
    name = f"{name}, after a local model" if is_cascade else name
    cases = stand.examples.cases
    stand.send(web, cases[:TO_CALIBRATE])
    stand.answer_all()
    boss = _boss()
    run = request_training(
        workflow_id=stand.workflow.pk,
        trigger=Trigger.HAND,
        actor=boss,
        now=clock.now(),
        source_id=stand.source.pk,
        is_cascade=is_cascade,
    )
    ends = TrainingRun.objects.filter(pk=run.pk, status__in=DONE)
    wait_until(ends.exists, seconds=PATIENCE, every=0.2)
    run.refresh_from_db()
    if run.status != RunStatus.SUCCEEDED:
        raise RuntimeError(f"{name}: the calibrator: {run.status}: {run.reason}")
    _watch(stand)
    confirmed = Certificate.objects.filter(workflow=stand.workflow, status=CertificateStatus.CERTIFIED)
    sent = TO_CALIBRATE
    while sent < len(cases) and (sent < FEWEST or not confirmed.exists()):
        in_force.forget()
        more = cases[sent : sent + MORE]
        stand.send(web, more)
        stand.answer_all()
        time.sleep(settings.UNDO_SECONDS + 1)  # until then an answer may be taken back, and proves nothing
        _watch(stand)
        sent += len(more)
    yield from rows(stand, name, sent)
    if is_cascade:
        yield from saved(stand, name, sent - TO_CALIBRATE)


def _watch(stand: Stand) -> None:
    watch(stand.workflow.pk, now=clock.now(), settle=timedelta(0))


def pace(stand: Stand, rounds: int) -> Iterator[Row]:
    """Let cases wait, fetch and route them here, turn by turn with asking alone. No clock may run."""
    name = f"{stand.source.model}, {stand.examples.name}"
    contents = [one.content for one in stand.examples.cases[: 4 * batch_of(stand.source)]]
    n, runs, floors = len(contents), [], []
    in_force.forget()
    for _ in range(rounds):
        items = [Submission(content) for content in contents]
        submit_cases(Intake(stand.workflow.slug, items, None, clock.now(), is_batch=True))
        began = time.perf_counter()
        settled = scoring.fetch_scores(source_id=stand.source.pk, now=clock.now())
        runs.append((time.perf_counter() - began) / n * 1e3)
        if settled != n:
            raise RuntimeError(f"{name}: {settled} of {n} cases were settled")
        began = time.perf_counter()
        for start in range(0, n, batch_of(stand.source)):
            ask_around(stand.source, contents[start : start + batch_of(stand.source)])
        floors.append((time.perf_counter() - began) / n * 1e3)
    yield ratio(f"{name}: a case asked about and routed, over asking alone", runs, floors)
    yield from_runs("  a case asked about and routed", "ms", runs)
    yield from_runs("  floor: the same requests, nothing kept", "ms", floors)
