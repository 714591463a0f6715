"""A model behind a server, from its registration over a calibrator to a certificate: by the real service."""

import os
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from bench._sources_servers import Server
from bench._sources_stubs import too_sure
from bench._sources_world import Example, Examples
from bench._wire import Wire
from cases.models import Workflow
from hitl.accounts.keys import create_key
from hitl.accounts.models import User
from hitl.accounts.types import Role, Scope
from hitl.bench.rows import Row, from_runs, ratio
from hitl.bench.stage import Web, started, web
from hitl.flow.intake import in_force, scoring
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.settling.answer import submit_review
from hitl.flow.setup.create import set_up_workflow
from hitl.runtime import programs
from hitl.runtime.processes import wait_until
from hitl.shared import clock
from hitl.shared.actor import Actor
from models_store.models import Source, SourceScore, TrainingRun
from models_store.services.remote import ask_around, batch_of
from models_store.services.runs import request_training
from models_store.services.sources import confirm_source
from models_store.source_figures import figures_of
from models_store.types import RunStatus, Trigger
from monitoring.watch.run import watch
from policy.models import Certificate, Decision
from policy.services.promises import Promise
from policy.types import LIVE_CERTIFICATES as LIVE
from policy.types import CertificateStatus
from reviews.services.answers import Answer
from reviews.services.queue import claim_next
from science.decision_terms import Reason

TARGET = 0.05
TO_CALIBRATE, MORE = 400, 600  # cases for the calibrator; then as many at a time, until it is proved
FEWEST = 1_000
AT_ONCE = 100
PATIENCE = 300.0
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


@dataclass(frozen=True, slots=True)
class Stand:
    """A workflow that asks one model elsewhere, and the people who answer its cases."""

    workflow: Workflow
    source: Source
    examples: Examples
    key: str
    people: Sequence[User]

    def send(self, web: Web, cases: Sequence[Example]) -> None:
        """Send cases over REST, and wait until the workers have the score of each.

        Raises:
            RuntimeError: the service refused, or the scores did not come.
        """
        for start in range(0, len(cases), AT_ONCE):
            items = [{"content": one.content} | self.scores_of(one) for one in cases[start : start + AT_ONCE]]
            _asked(web, f"/api/v1/workflows/{self.workflow.slug}/cases", self.key, items)
        waits = SourceScore.objects.filter(source=self.source, unusable=Reason.SCORING)
        if not wait_until(lambda: not waits.exists(), seconds=PATIENCE, every=0.2):
            words = Source.objects.values_list("trouble_words", flat=True).get(pk=self.source.pk)
            raise RuntimeError(f"{waits.count()} scores did not come: {words}")

    def scores_of(self, one: Example) -> dict[str, Any]:
        """Return what is sent beside a case: its scores, where they come with it."""
        if self.source.is_remote:
            return {}
        return {
            "scores": {"model": self.source.model, "version": "1", "probabilities": _said(self.examples, one)}
        }

    def answer_all(self) -> None:
        """Let people answer truly whatever waits, until nothing does."""
        truth = {_name(one.content): one.truth for one in self.examples.cases}
        actors, idle = [one.as_actor() for one in self.people], 0
        while idle < len(actors):
            actors.append(actors.pop(0))
            actor, now = actors[0], clock.now()
            leased = claim_next(actor=actor, workflow_ids=[self.workflow.pk], now=now)
            if leased is None:
                idle += 1
                continue
            idle = 0
            answer = Answer(truth[_name(leased.content)], seconds=4)
            submit_review(lease_token=leased.lease_token, answer=answer, actor=actor, now=clock.now())


def _said(examples: Examples, one: Example) -> dict[str, float]:
    p = too_sure(examples)(one.content["body"])
    return dict(zip((label["name"] for label in examples.labels), (1 - p, p), strict=True))


def _name(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


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
        known = [{"label": one.truth, "probabilities": _said(examples, one)} for one in examples.known]
        kept = ("model", "version", "door", "label_map")
        body = {name: body[name] for name in kept} | {"known_answers": known}
    said = _asked(web, f"/api/v1/workflows/{slug}/sources", key, body)
    return Source.objects.select_related("workflow").get(pk=said["id"])


def _asked(web: Web, path: str, key: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    wire = Wire(web.host, web.port)
    status, said = wire.send(wire.prepare("POST", path, orjson.dumps(body), headers))
    wire.close()
    if status not in (200, 201):
        raise RuntimeError(f"{path}: {status}: {said[:500]!r}")
    return orjson.loads(said)


def taken_to_a_certificate(stand: Stand, web: Web, *, is_cascade: bool = False) -> Iterator[Row]:
    """Send all cases: people's answers to the first calibrate, those to the others confirm."""
    name = f"{stand.source.model}, {stand.examples.name}"
    name = f"{name}, after a model of here" if is_cascade else name
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
    yield from _rows(stand, name, sent)
    if is_cascade:
        yield from _saved(stand, name, sent - TO_CALIBRATE)


def _watch(stand: Stand) -> None:
    watch(stand.workflow.pk, now=clock.now(), settle=timedelta(0))


def _rows(stand: Stand, name: str, n: int) -> Iterator[Row]:
    truth = {_name(one.content): one.truth for one in stand.examples.cases}
    found = Decision.objects.filter(workflow=stand.workflow, sequence=0).select_related("case")
    facts = [(one.route, one.reason, one.label, truth[_name(one.case.content)]) for one in found]
    auto = [(label, true) for route, _, label, true in facts if route == "auto"]
    wrong = sum(label != true for label, true in auto)
    certificates = Certificate.objects.filter(workflow=stand.workflow).order_by("valid_from")
    steps = ", then ".join(str(CertificateStatus(one.status).label) for one in certificates) or "none"
    scores = SourceScore.objects.filter(source=stand.source)
    unsaid = scores.exclude(unusable="").count()
    usable = [(one.proba or [], one.case) for one in scores.filter(unusable="").select_related("case")]
    right = sum(stand.source.labels[max(range(len(p)), key=p.__getitem__)] == truth[_name(case.content)]
                for p, case in usable)  # fmt: skip
    began = [one for one in certificates if one.status in LIVE or one.status == CertificateStatus.SUPERSEDED]
    yield Row(f"{name}: cases without a decision", "cases", float(n - len(facts)), bar=0, note=f"of {n:,}")
    yield Row(
        f"{name}: certificates, from {TO_CALIBRATE} labels on",
        "number",
        float(len(began)),
        bar=1,
        more_is_better=True,
        note=f"{steps}, within {n:,} cases; a promise of {100 * stand.workflow.policy.target:g} %",
    )
    yield Row(
        f"{name}: decided by the model, of those after its calibrator",
        "%",
        100 * len(auto) / (n - TO_CALIBRATE),
        note=f"{wrong} of {len(auto)} wrong; a provisional certificate gives each a chance of 1 in 4",
    )
    yield Row(f"{name}: right as it came, at its likeliest label", "%", 100 * right / max(1, len(usable)))
    yield Row(
        f"{name}: sent to a person because there was no score", "cases", float(unsaid), note=_why(scores)
    )


def _saved(stand: Stand, name: str, n: int) -> Iterator[Row]:
    figures = figures_of(stand.source)
    asked, over_all = figures.cost or 0.0, figures.cost_per_case or 0.0
    yield Row(
        f"{name}: not asked about, of those after its calibrator",
        "%",
        100 * figures.spared / n,
        note=f"a case costs {asked:.6f} where it is asked about, {over_all:.6f} over all that came in",
    )


def _why(scores: Any) -> str:
    return ", ".join(sorted(set(scores.exclude(unusable="").values_list("unusable", flat=True))))


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
