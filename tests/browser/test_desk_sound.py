"""A recording at the desk: the stretch of time that mattered is marked on its waveform, and can be played."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from hitl.demo.speech import Call, draw_call
from hitl.demo.worlds import Calls
from hitl.shared.clock import now
from models_store.models import StoredExplanation
from reviews.models import ReviewRules
from tests.browser.conftest import NARROW, WIDE
from tests.support.case_rows import stored, waiting_case, workflow_of
from tests.support.factories import person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import suggest

pytestmark = pytest.mark.django_db(transaction=True)


def heard() -> Call:
    """Let a call wait in which a number is said, with that very stretch as its evidence."""
    rng = np.random.default_rng(4)
    call = next(call for call in (draw_call(rng) for _ in range(20)) if call.spans)
    labels = [str(label["name"]) for label in Calls.labels]
    workflow = workflow_of("calls", fields=list(Calls.fields), labels=labels, name=Calls.name)
    ReviewRules.objects.create(workflow=workflow)
    release = automating_workflow().releases.get()
    sound = stored(call.wav, "audio/wav", duration_ms=len(call.wav) // 16)
    case = waiting_case(workflow, {"recording": {"asset": sound.sha256}}, at=now())
    suggest(case, release, label="number", confidence=0.81, runner_up="no number")
    start, end = call.spans[0]
    where = {"asset": "recording", "start_ms": start, "end_ms": end}
    label = f"{start / 1000:.1f}-{end / 1000:.1f} s"
    highlight = {"where": where, "side": "for", "share": 0.7, "label": label, "why": {}}
    StoredExplanation.objects.create(
        case=case, release=release, target="number", contrast="no number", computed_at=now(),
        body={"status": "ok", "target": "number", "contrast": "no number", "highlights": [highlight]},
    )  # fmt: skip
    return call


def colours_above_the_bars(page: Page, shares: list[float]) -> list[list[int]]:
    """Return what the waveform shows near its upper edge at some shares of its length."""
    found: list[list[int]] = page.locator(".player-wave").evaluate(
        """(wave, shares) => {
          const row = wave.getContext("2d").getImageData(0, 4, wave.width, 1).data;
          return shares.map((share) => [...row.slice(4 * Math.round(share * wave.width)).slice(0, 4)]);
        }""",
        shares,
    )
    return found


def colour_of(page: Page, token: str) -> list[int]:
    """Return red, green and blue of a colour of the design in the page's scheme."""
    said: str = page.evaluate(
        """(token) => {
          const probe = document.body.appendChild(document.createElement("i"));
          probe.style.color = `var(${token})`;
          const colour = getComputedStyle(probe).color;
          probe.remove();
          return colour;
        }""",
        token,
    )
    return [int(part) for part in re.findall(r"\d+", said)[:3]]


@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", WIDE), ("dark", NARROW)], ids=["light-wide", "dark-narrow"]
)
def test_the_stretch_that_mattered_is_marked_on_the_waveform(visit: Any, scheme: str, viewport: Any) -> None:
    call = heard()
    visitor = visit(person(), scheme=scheme, viewport=viewport)
    page = visitor.open("/review/")
    expect(page.locator("[data-evidence]")).to_contain_text(" s")
    expect(page.locator(".player-wave")).to_be_visible()
    start, end = call.spans[0]
    length = len(call.wav) / 16
    page.wait_for_function("document.querySelector('.player-wave').getAttribute('aria-valuemax') > 0")
    visitor.shoot(f"desk-sound-{scheme}-{viewport['width']}")
    moments = [(start + end) / 2, *(ms for ms in (start - 60, end + 60) if 0 < ms < length)]
    inside, *outside = colours_above_the_bars(page, [ms / length for ms in moments])
    assert inside == [*colour_of(page, "--data-for"), 255]
    assert outside
    assert all(colour[3] == 0 for colour in outside)
    assert visitor.is_accessible()
    assert visitor.fits()
