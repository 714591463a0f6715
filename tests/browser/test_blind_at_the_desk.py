"""A blind case in the browser: whatever the model thinks, page, requests and picture are the same."""

import re
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from django.db.models import Q
from PIL import Image

from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.shared.clock import now
from policy.models import Certificate, Decision
from reviews.models import ReviewRules, Task
from reviews.services.leases import give_back
from tests.browser.at_desk import press, saved, settled
from tests.support.factories import client_key, person
from tests.support.oracle import Oracle
from tests.support.policy_rows import automating_workflow

pytestmark = pytest.mark.django_db(transaction=True)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MASKS = (
    (UUID, "id"),
    (re.compile(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"\w+"'), "csrf"),
    (re.compile(r"<time .*?</time>"), "time"),
    (re.compile(r'data-lease-seconds="\d+"'), "seconds"),
)


def masked(text: str) -> str:
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text


def look_alike(first: bytes, other: bytes) -> bool:
    """Whether no eye can tell two pictures apart: a browser rounds a pixel of a curve by chance."""
    one, two = (np.asarray(Image.open(BytesIO(png)).convert("RGB"), dtype=int) for png in (first, other))
    return one.shape == two.shape and int(np.abs(one - two).max()) <= 2


def test_nothing_of_a_blind_case_tells_what_the_model_thinks(
    visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = Oracle()
    monkeypatch.setattr("hitl.flow.intake.in_force.served_model", lambda release_id: oracle)
    workflow = automating_workflow(blind_share=1.0, blind_rate=1.0, audit_base=1.0, audit_rate=1.0)
    Certificate.objects.update(status="certified")  # no share is held back by chance
    ReviewRules.objects.create(workflow=workflow)
    reviewer, key = person(), client_key()
    pages, requests = set(), set()
    pictures: list[bytes] = []
    for oracle.probabilities in ([0.001, 0.999], [0.998, 0.002], [0.501, 0.499], None):
        item = Submission({"body": "The very same words"})
        submit_cases(Intake(workflow.slug, [item], key, now()))
        visitor = visit(reviewer)
        asked: list[tuple[str, str]] = []
        visitor.page.on(
            "request", lambda sent, asked=asked: asked.append((sent.method, urlsplit(sent.url).path))
        )
        page = visitor.open("/review/")
        settled(page)
        press(page, "m", "]", "f", "n")  # the keys of suggestion and highlights find nothing to show
        saved(page)
        pages.add(masked(page.locator("[data-desk]").evaluate("desk => desk.outerHTML")))
        page.locator("time").evaluate_all("all => all.forEach((one) => { one.textContent = 'then'; })")
        pictures.append(page.locator("[data-desk]").screenshot(mask=[page.locator("[role=status]")]))
        requests.add(tuple(sorted((method, masked(path)) for method, path in asked)))
        task = Task.objects.get(status="leased")
        visitor.page.close()
        give_back(lease_token=task.lease_token, actor=reviewer.as_actor(), now=now())
        Task.objects.filter(~Q(status="dropped")).update(status="dropped")
    assert {d.confidence for d in Decision.objects.filter(sequence=0)} == {0.999, 0.998, 0.501, None}
    assert len(pages) == 1, sorted(pages)
    assert len(requests) == 1, requests
    assert all(look_alike(pictures[0], other) for other in pictures[1:])
