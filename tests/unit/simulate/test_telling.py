"""How an outcome is judged and drawn."""

import re

import numpy as np
import pytest

from cases.services.imports import Labelled
from hitl.audit.models import Entry
from hitl.simulate.counts import BROKEN, KEPT, NOTHING, WITHIN_CHANCE, Errors
from hitl.simulate.drawing import draw, legend, ticks
from hitl.simulate.drift import change
from hitl.simulate.events import AMBER, LEAK, RED, Event, alarms_of, events_of
from hitl.simulate.naive import FirstModel
from hitl.simulate.options import DRIFTS, Drift
from hitl.web.charts import Plot, Series
from models_store.types import GateCheck
from tests.support.factories import NOW


@pytest.mark.parametrize(
    ("automated", "wrong", "said"),
    [(0, 0, NOTHING), (1000, 10, KEPT), (1000, 12, WITHIN_CHANCE), (1000, 30, BROKEN), (3, 3, BROKEN)],
)
def test_a_promise_is_judged_with_its_doubt(automated: int, wrong: int, said: str) -> None:
    errors = Errors(automated, wrong)
    assert errors.verdict(target=0.01, confidence=0.95) == said
    assert errors.to_json(target=0.01, confidence=0.95)["kept"] is (said in (KEPT, NOTHING))


def test_the_interval_holds_the_share() -> None:
    low, high = Errors(200, 7).interval(0.95)
    assert (round(low, 4), round(high, 4)) == (0.0142, 0.0708)  # Clopper and Pearson


def items(n: int) -> list[Labelled]:
    return [Labelled({"n": float(i)}, "rare" if i % 10 == 0 else "common") for i in range(n)]


MODEL = FirstModel(np.array(["common"] * 1000, dtype=object), np.linspace(0.5, 1.0, 1000))


@pytest.mark.parametrize("kind", list(DRIFTS))
def test_a_drift_begins_where_it_is_said_and_changes_something(kind: str) -> None:
    before = items(1000)
    after = change(before, Drift(kind, 401), MODEL, ["common", "rare"], np.random.default_rng(1))
    assert len(after) == 1000
    assert after[:400] == before[:400]
    assert after[400:] != before[400:]


def test_each_drift_does_what_it_says() -> None:
    def drifted(kind: str) -> list[Labelled]:
        return change(items(1000), Drift(kind, 401), MODEL, ["common", "rare"], np.random.default_rng(1))

    flipped = [i for i, (a, b) in enumerate(zip(items(1000), drifted("flip"), strict=True)) if a != b]
    assert flipped == list(range(900, 1000))  # the surest tenth
    slowly = [i for i, (a, b) in enumerate(zip(items(1000), drifted("flip-slowly"), strict=True)) if a != b]
    assert 50 < len(slowly) < 100
    assert set(slowly) < set(flipped)
    rare = [item.label == "rare" for item in drifted("prior")[400:]]
    assert 0.8 < np.mean(rare) < 1.0
    numbers = [item.content["n"] for item in drifted("covariate")[400:]]
    assert np.mean([number < 600 for number in numbers]) > 0.75
    assert all(
        item.label == ("rare" if item.content["n"] % 10 == 0 else "common") for item in drifted("covariate")
    )


def test_a_plot_stays_in_its_frame_and_says_what_it_shows() -> None:
    plot = Plot(
        title="Errors <of> all",
        x_name="cases",
        x=[1.0, 2.0, 3.0, 4.0],
        series=[
            Series("a & b", [0.1, None, 0.3, 9.0], low=[0.0, None, 0.2, 0.3], high=[0.2, None, 0.5, 99.0]),
            Series("c", [0.1, 0.1, 0.1, 0.1], is_dashed=True),
        ],
        y_range=(0.0, 0.5),
        as_percent=True,
        marks=[(3.0, "alarm")],
    )
    svg = draw(plot, "errors")
    assert "Errors &lt;of&gt; all" in svg
    assert "a &amp; b" in legend(plot)
    assert "alarm" in svg
    assert "nan" not in svg
    assert "50 %" in svg
    for number in re.findall(r"-?\d+\.\d+", svg):
        assert -200 <= float(number) <= 800
    assert svg.count("<circle") == 1  # a value between gaps is a dot


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0, 1) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(1, 50_000) == [10_000.0, 20_000.0, 30_000.0, 40_000.0, 50_000.0]
    assert ticks(0, 0.047)[1] == 0.01


def test_evidence_that_crosses_its_line_to_and_fro_is_one_alarm() -> None:
    def amber(case: int, kind: str = "audits.changed") -> Event:
        return Event(case, kind, "amber", AMBER)

    def green(case: int) -> Event:
        return Event(case, "audits.changed", "green")

    red = Event(900, "breaker.tripped", "stopped", RED)
    told = [amber(100, "certificate.level"), amber(100), green(200), amber(230), green(300), amber(700), red]
    assert [one.case for one in alarms_of(told)] == [100, 700, 900]
    assert alarms_of([amber(0), amber(0)]) == [amber(0)]
    assert alarms_of([green(5)]) == []


@pytest.mark.parametrize("reason", ["Live audits refuted the cutoff.", "Said in other words.", ""])
def test_a_step_down_is_an_alarm_however_its_reason_is_worded(reason: str) -> None:
    detail = {"cutoffs": {"ham": 0.9}, "reason": reason}
    by_hand, down = (
        events_of([Entry(action="cutoffs.in_force", detail=detail | more, at=NOW)], [])[0]
        for more in ({}, {"steps_down_from": "of the set before"})
    )
    assert (by_hand.level, down.level) == (None, RED)
    assert down.words == f"Cutoffs in force: ham 0.9. {reason}".strip()


def test_a_column_that_gives_the_answer_away_is_told_with_the_way_out() -> None:
    detail = {"reason": "In whatever words.", "failed_checks": [GateCheck.LEAK.value]}
    (entry,) = events_of([Entry(action="training.refused", detail=detail, at=NOW)], [])
    assert entry.words.endswith(LEAK)
    assert "--fields" in LEAK
    detail["failed_checks"] = [GateCheck.SLICES.value]
    (entry,) = events_of([Entry(action="training.refused", detail=detail, at=NOW)], [])
    assert entry.words.endswith("In whatever words.")
