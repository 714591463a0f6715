"""The risk register says what is true, and a drill plays a fault until its alarm rises and clears."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import NoReverseMatch, reverse

from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.runtime.paths import ROOT
from hitl.shared import clock
from hitl.shared.errors import NotAllowed, NotFound
from hitl.simulate.drills import FAULTS, play_fault
from monitoring.counts import hours, outputs
from monitoring.drift import examined
from monitoring.models import Drill
from monitoring.risks import drills
from monitoring.risks.drills import DrillRuns, ask_for_drill, play_drill
from monitoring.risks.register import RISKS
from monitoring.risks.risk import Risk
from science.fields import Kind
from tests.support.count_rows import counted_world
from tests.support.factories import NOW, person
from tests.support.pages import as_read

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
MEASURED = {
    "input": {measure.name for kind in Kind for measure in kind.traits.measured.each}
    | {measure.name for measure in (*examined.OF_INPUTS, *examined.OF_A_FIELD)},
    "output": {measure.name for measure in (*outputs.MEASURES, *examined.OF_OUTPUTS)} - {outputs.DOUBT},
    "people": {measure.name for measure in hours.MEASURES},
}


@pytest.fixture(scope="module")
def rules() -> dict[str, str]:
    """The rules for Prometheus, by name."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def _resolves(page: str) -> bool:
    for parts in ([], ["slug"]):
        try:
            return bool(reverse(page, args=parts))
        except NoReverseMatch:
            continue
    return False


@pytest.mark.parametrize("risk", RISKS, ids=lambda risk: risk.name)
def test_a_row_names_only_what_there_is(risk: Risk, rules: dict[str, str]) -> None:
    assert risk.is_noticed, "a risk that nothing notices"
    assert set(risk.measures) <= MEASURED.get(risk.family, set())
    assert bool(risk.family) == bool(risk.measures)
    assert risk.threshold or risk.measures
    assert not risk.page or _resolves(risk.page)
    assert not risk.drill or risk.drill in FAULTS
    if risk.rule:
        assert re.search(rf"\b{risk.figure}\b", rules[risk.rule]), rules[risk.rule]
    given = (ROOT / "monitoring" / "metrics.py").read_text()
    assert risk.figure in {"", "up"} or f'"{risk.figure}"' in given


def test_every_risk_has_a_name_of_its_own_and_every_fault_a_risk() -> None:
    assert len({risk.name for risk in RISKS}) == len(RISKS) >= 30
    assert {risk.drill for risk in RISKS if risk.drill} == set(FAULTS)
    measured = {(risk.family, measure) for risk in RISKS for measure in risk.measures}
    alone = {(family, one) for family in ("output", "people") for one in MEASURED[family]} - measured
    assert not alone, "a metric that is watched for no risk"


@pytest.mark.django_db
def test_it_is_shown_with_a_workflows_own_metrics() -> None:
    client = Client()
    client.force_login(person(Role.AUDITOR))
    world = counted_world()
    every = as_read(client.get(reverse("risks")).content.decode())
    assert all(risk.fault.replace("'", "&#x27;") in every for risk in RISKS)
    assert "would be noticed by nothing" not in every
    assert "Play it" not in every, "an auditor changes nothing"
    mine = as_read(client.get(reverse("risks"), {"workflow": world.workflow.slug}).content.decode())
    assert "Pictures are darker" not in mine, "it has no pictures"
    assert "field=amount" in mine
    links = re.findall(r'href="(/[^"]+)"', mine)
    for link in {one.replace("&amp;", "&") for one in links if "metric" in one}:
        assert client.get(link).status_code == 200, link
    reviewer = Client()
    reviewer.force_login(person(Role.REVIEWER))
    assert reviewer.get(reverse("risks")).status_code == 403


@pytest.mark.django_db
def test_a_drill_is_asked_for_played_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.force_login(person(Role.OPERATOR, username="olga"))
    outcome: dict[str, Any] = {
        "raised": True, "told": True, "cleared": True, "days": 2, "days_after": 3, "early": 0,
        "metric": "amount", "value": 0.3, "threshold": 0.1, "cases": 10, "seconds": 1.0,
    }  # fmt: skip
    monkeypatch.setattr(drills, "_played", lambda fault: outcome)
    told = client.post(reverse("risk-drill"), {"fault": "numbers_move"}, follow=True)
    assert "It takes a minute or two." in as_read(told.content.decode())
    drill = Drill.objects.get()
    operator = person(Role.OPERATOR).as_actor()
    with pytest.raises(DrillRuns):
        ask_for_drill(fault="numbers_move", actor=operator, now=clock.now())
    with pytest.raises(NotFound):
        ask_for_drill(fault="earthquake", actor=operator, now=clock.now())
    with pytest.raises(NotAllowed):
        ask_for_drill(fault="new_category", actor=person(Role.LEAD).as_actor(), now=clock.now())
    assert play_drill(drill.pk)
    assert not play_drill(drill.pk), "once"
    page = as_read(client.get(reverse("risks")).content.decode())
    assert "amount: alarm on day 2 of it, told to a subscriber, cleared 3 days after" in page
    entry = Entry.objects.get(action="drill.played")
    assert (entry.detail["result"], entry.detail["asked_by"]) == ("passed", "olga")

    outcome |= {"raised": False, "told": False, "cleared": False, "days": 4}
    client.post(reverse("risk-drill"), {"fault": "numbers_move"})
    assert play_drill(Drill.objects.latest("id").pk)
    page = as_read(client.get(reverse("risks")).content.decode())
    assert "no alarm in 4 days of it" in page
    assert Entry.objects.filter(action="drill.played").latest("number").detail["result"] == "failed"


@pytest.mark.django_db
def test_a_drill_that_cannot_be_played_is_said_and_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fault: str) -> dict[str, Any]:
        raise OSError("no database here")

    monkeypatch.setattr(drills, "_played", refuse)
    drill = ask_for_drill(fault="new_category", actor=person(Role.OPERATOR).as_actor(), now=NOW)
    assert play_drill(drill.pk)
    drill.refresh_from_db()
    assert (drill.status, drill.has_passed) == ("failed", None)
    assert not Entry.objects.filter(action="drill.played").exists()


@pytest.fixture
def quiet() -> Iterator[None]:
    """Leave no clock of a drill behind."""
    yield
    clock.use(None)


@pytest.mark.django_db(transaction=True)
def test_the_fault_of_a_new_value_raises_its_alarm_is_told_and_clears(quiet: None) -> None:
    seen = play_fault("new_category")
    assert (seen["raised"], seen["told"], seen["cleared"], seen["early"]) == (True, True, True, 0), seen
    assert seen["metric"] == "channel"
    assert seen["days"] <= 3


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"new_category"}))
def test_every_other_fault_does_as_well(fault: str, quiet: None) -> None:
    seen = play_fault(fault)
    assert (seen["raised"], seen["told"], seen["cleared"]) == (True, True, True), seen
    assert seen["early"] == 0


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_worker_plays_it_in_a_database_of_its_own() -> None:
    drill = ask_for_drill(fault="numbers_move", actor=person(Role.OPERATOR).as_actor(), now=clock.now())
    assert play_drill(drill.pk)
    drill.refresh_from_db()
    assert drill.has_passed, (drill.outcome, drill.reason)
