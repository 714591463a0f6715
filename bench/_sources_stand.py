"""A workflow that asks one model elsewhere: cases go in over REST, and people answer them truly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bench._sources_stubs import too_sure
from bench._sources_world import Example, Examples
from bench._wire import Wire
from cases.models import Workflow
from hitl.accounts.models import User
from hitl.bench.stage import Web
from hitl.flow.settling.answer import submit_review
from hitl.runtime.processes import wait_until
from hitl.shared import clock
from models_store.models import Source, SourceScore
from reviews.services.answers import Answer
from reviews.services.queue import claim_next
from science.decision_terms import Reason

TO_CALIBRATE = 400  # cases that the calibrator is fitted on
AT_ONCE = 100
PATIENCE = 300.0


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
            asked(web, f"/api/v1/workflows/{self.workflow.slug}/cases", self.key, items)
        waits = SourceScore.objects.filter(source=self.source, unusable=Reason.SCORING)
        if not wait_until(lambda: not waits.exists(), seconds=PATIENCE, every=0.2):
            words = Source.objects.values_list("trouble_words", flat=True).get(pk=self.source.pk)
            raise RuntimeError(f"{waits.count()} scores did not come: {words}")

    def scores_of(self, one: Example) -> dict[str, Any]:
        """Return what is sent beside a case: its scores, where they come with it."""
        if self.source.is_remote:
            return {}
        return {
            "scores": {"model": self.source.model, "version": "1", "probabilities": said(self.examples, one)}
        }

    def answer_all(self) -> None:
        """Let people answer truly whatever waits, until nothing does."""
        truth = {name_of(one.content): one.truth for one in self.examples.cases}
        actors, idle = [one.as_actor() for one in self.people], 0
        while idle < len(actors):
            actors.append(actors.pop(0))
            actor, now = actors[0], clock.now()
            leased = claim_next(actor=actor, workflow_ids=[self.workflow.pk], now=now)
            if leased is None:
                idle += 1
                continue
            idle = 0
            answer = Answer(truth[name_of(leased.content)], seconds=4)
            submit_review(lease_token=leased.lease_token, answer=answer, actor=actor, now=clock.now())


def said(examples: Examples, one: Example) -> dict[str, float]:
    """Return what a model that is too sure says of a case."""
    p = too_sure(examples)(one.content["body"])
    return dict(zip((label["name"] for label in examples.labels), (1 - p, p), strict=True))


def name_of(content: dict[str, Any]) -> bytes:
    """Return what a case is found again by: its content."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def asked(web: Web, path: str, key: str, body: Any) -> Any:
    """Send one request over REST; RuntimeError where it is refused."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    wire = Wire(web.host, web.port)
    status, said = wire.send(wire.prepare("POST", path, orjson.dumps(body), headers))
    wire.close()
    if status not in (200, 201):
        raise RuntimeError(f"{path}: {status}: {said[:500]!r}")
    return orjson.loads(said)
