"""The error budget of a period: planned before it begins, fed from draws, closed with a verdict for ever."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from hitl.accounts.keys import create_key
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.models import Checkpoint, Entry
from hitl.audit.verify import verify
from hitl.flow.doors.api import shapes
from hitl.outbox.models import Endpoint, Event
from hitl.shared import clock
from hitl.shared.canonical import canonical_json, sha256
from models_store.models import Release
from monitoring.models import BudgetPeriod, LiveFigures
from monitoring.overview.figures import read_figures
from monitoring.watch import watch
from monitoring.watch.budget.calendar import end_of_period
from monitoring.watch.budget.units import budgets_of, terms_of
from monitoring.watch.budget.view import BudgetView
from policy.models import Decision, Policy
from policy.services.breaker import reset_breaker, trip_breaker
from policy.services.promises import Promise, change_promise
from science.guarantee.budget_verdict import close
from tests.support.factories import NOW, TESTER, person
from tests.support.live_cases import HARDLY, say_of, take_in
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, operator, workflow_with_policy

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
APRIL, MAY = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
SCRIPT = Path(__file__).parents[3] / "docs/reference/recompute_budget.py"


def automating(*, status: str = "certified", traffic: int = 500, **policy: Any) -> Release:
    """Return the champion of a workflow with a promise of 20 % a month, that has decided cases for a week."""
    promise = {"degree": "partial", "target": 0.2, "budget_period": "month"} | policy
    release = champion_of(workflow_with_policy(**promise))
    cutoffs_of(release, certificate_of(release, status=status))
    for _ in range(2):
        person()
    if traffic:
        take_in(release, traffic, at=NOW - DAY, uniform=HARDLY)
    look(release, NOW)
    return release


def look(release: Release, at: datetime) -> None:
    watch(release.workflow_id, now=at, settle=timedelta(0))


def answered(
    release: Release, n: int, *, at: datetime, wrong: int = 0, label: str = "ham", **fields: Any
) -> None:
    """Let n decisions be audited, the first of them wrong: two people say so."""
    cases = take_in(release, n, at=at, label=label, **fields)
    other = "spam" if label == "ham" else "ham"
    first, second = User.objects.filter(roles=["reviewer"]).order_by("pk")[:2]
    if wrong:
        say_of(cases[:wrong], other, first, at=at + HOUR)
        say_of(cases[:wrong], other, second, at=at + HOUR)
    if wrong < n:
        say_of(cases[wrong:], label, first, at=at + HOUR)


def period(release: Release, begins_at: datetime = NOW) -> BudgetPeriod:
    return BudgetPeriod.objects.get(workflow_id=release.workflow_id, begins_at=begins_at)


def policy_of(release: Release) -> Policy:
    return Policy.objects.get(workflow_id=release.workflow_id)


def recomputed(evidence: dict[str, Any], folder: Path) -> dict[str, Any]:
    file = folder / "period.json"
    file.write_text(json.dumps(evidence))
    done = subprocess.run([sys.executable, SCRIPT, file], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("wrong", "verdict"), [(2, "kept"), (58, "broken"), (30, "not_decided")])
def test_a_closed_period_is_computed_again_to_the_last_digit_by_a_script_of_its_own(
    wrong: int, verdict: str, tmp_path: Path
):
    release = automating()
    (terms,) = terms_of(period(release))
    take_in(release, 1700, at=NOW + DAY, uniform=HARDLY)
    answered(release, 60, at=NOW + 2 * DAY, wrong=wrong)
    look(release, NOW + 3 * DAY)
    look(release, APRIL + DAY)
    closed = period(release)
    assert (closed.verdict, closed.closed_at, closed.n_decisions) == (verdict, APRIL + DAY, 1760)
    (result,), (evidence,) = closed.results, closed.evidence
    again = recomputed(evidence, tmp_path)
    assert again["verdict"] == result["verdict"] == verdict
    assert again["p_value"] == pytest.approx(result["p_value"], rel=1e-9)
    assert (again["low"], again["high"]) == (result["spent"]["low"], result["spent"]["high"])
    assert again["exact"] == (None if result["exact"] is None else list(result["exact"]))
    assert terms == terms_of(closed)[0]


def test_what_was_decided_is_in_the_audit_log_signed_and_nothing_changes_it():
    release = automating()
    answered(release, 60, at=NOW + DAY)
    look(release, APRIL + DAY)
    closed = period(release)
    entry = Entry.objects.get(action="budget.closed")
    assert (entry.detail["verdict"], entry.detail["sha256"]) == (closed.verdict, closed.sha256)
    assert sha256(canonical_json(closed.evidence)).hex() == closed.sha256
    assert Checkpoint.objects.get().number >= entry.number
    found = verify()
    assert found.holds, found
    for change in ({"verdict": "kept"}, {"n_decisions": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BudgetPeriod.objects.filter(pk=closed.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        BudgetPeriod.objects.filter(pk=closed.pk).delete()


def test_the_next_period_is_settled_a_day_before_it_begins_and_no_decision_falls_between():
    release = automating()
    look(release, APRIL - 2 * DAY)
    assert BudgetPeriod.objects.count() == 1
    look(release, APRIL - DAY / 2)
    following = period(release, APRIL)
    assert (following.frozen_at, following.ends_at) == (APRIL - DAY / 2, MAY)
    take_in(release, 5, at=APRIL - timedelta(microseconds=1), uniform=HARDLY)
    take_in(release, 7, at=APRIL, uniform=HARDLY)
    look(release, APRIL + HOUR)
    assert (period(release).n_decisions, period(release, APRIL).n_decisions) == (5, 7)


def test_a_period_goes_on_until_the_next_one_is_settled_where_nothing_ran_at_its_end():
    release = automating()
    take_in(release, 5, at=APRIL + DAY, uniform=HARDLY)
    look(release, APRIL + 2 * DAY)
    assert period(release).n_decisions == 5
    assert period(release, APRIL + 2 * DAY).ends_at == MAY
    take_in(release, 7, at=APRIL + 3 * DAY, uniform=HARDLY)
    look(release, APRIL + 4 * DAY)
    counts = BudgetPeriod.objects.order_by("begins_at").values_list("n_decisions", flat=True)
    assert list(counts) == [5, 7]


def test_audits_are_raised_to_the_plan_before_the_first_decision_and_never_fall_below_it():
    release = automating()
    planned, policy = period(release), policy_of(release)
    (terms,) = terms_of(planned)
    assert planned.plan["is_raised"]
    assert policy.audit_least == terms.rate == planned.plan["units"][0]["affordable_rate"]
    assert policy.audit_rate >= terms.rate > policy.audit_base
    assert planned.plan["units"][0]["kept"] >= 0.9
    decision = Decision.objects.get(case_id=take_in(release, 1, at=NOW + HOUR)[0], sequence=0)
    assert decision.audit_rate == policy.audit_rate
    promise = Promise(target=0.2, audit_base=0.01, budget_period="month")
    change_promise(workflow_id=release.workflow_id, promise=promise, actor=operator(), now=NOW + DAY)
    look(release, NOW + 2 * DAY)
    assert policy_of(release).audit_rate >= terms.rate


def test_where_no_proof_is_within_reach_audits_stay_as_they_are_and_what_would_help_is_said():
    release = automating(target=0.01)
    planned = period(release)
    assert not planned.plan["is_raised"]
    assert policy_of(release).audit_least == 0.01
    assert policy_of(release).audit_rate < planned.plan["units"][0]["affordable_rate"]
    (plan,) = planned.plan["units"]
    assert not plan["is_enough"]
    assert plan["longer"] or plan["looser"]


def test_a_changed_promise_holds_from_the_next_period_on():
    release = automating()
    answered(release, 20, at=NOW + HOUR)
    promise = Promise(target=0.9, scope="per_label", budget_period="quarter")
    change_promise(workflow_id=release.workflow_id, promise=promise, actor=operator(), now=NOW + DAY)
    for at in (NOW + 2 * DAY, APRIL - HOUR):
        look(release, at)
    assert (period(release).target, period(release).scope, period(release).ends_at) == (0.2, "overall", APRIL)
    following = period(release, APRIL)
    assert (following.target, following.scope, following.length) == (0.9, "per_label", "quarter")
    assert following.ends_at == datetime(2026, 7, 1, tzinfo=UTC)


def test_what_is_promised_may_change_while_nothing_has_been_decided():
    release = automating(traffic=0)
    assert terms_of(period(release))[0].decisions == 1
    assert not period(release).plan["is_raised"]  # one decision could only be proved by auditing it
    take_in(release, 700, at=NOW + HOUR, score=0.6, uniform=HARDLY)  # people decide them
    change_promise(
        workflow_id=release.workflow_id,
        promise=Promise(target=0.3, budget_period="month"),
        actor=operator(),
        now=NOW + DAY,
    )
    look(release, NOW + DAY)
    planned = period(release)
    assert (planned.target, planned.frozen_at) == (0.3, NOW + DAY)
    assert terms_of(planned)[0].decisions > 1000
    take_in(release, 1, at=NOW + 2 * DAY, uniform=HARDLY)
    look(release, NOW + 3 * DAY)
    assert period(release).frozen_at == NOW + DAY


def test_automation_that_stops_and_goes_on_stays_in_the_same_budget():
    release = automating()
    answered(release, 10, at=NOW + HOUR)
    trip_breaker(workflow_id=release.workflow_id, reason="Odd.", actor=TESTER, now=NOW + 2 * HOUR)
    take_in(release, 10, at=NOW + 3 * HOUR)
    reset_breaker(workflow_id=release.workflow_id, reason="Fine.", actor=operator(), now=NOW + 4 * HOUR)
    answered(release, 10, at=NOW + 5 * HOUR)
    look(release, NOW + DAY)
    assert period(release).n_decisions == 20
    assert BudgetPeriod.objects.count() == 1


@pytest.mark.parametrize("status", ["provisional", None])
def test_provisional_decisions_and_those_by_hand_count_with_the_chance_of_their_own_audit(status: str | None):
    release = champion_of(workflow_with_policy(degree="partial", target=0.2, budget_period="month"))
    by_hand = {} if status else {"basis": "by_hand", "reason": "A trial."}
    cutoffs_of(release, certificate_of(release, status=status) if status else None, **by_hand)
    for _ in range(2):
        person()
    look(release, NOW)
    answered(release, 10, at=NOW + HOUR, wrong=4)
    take_in(
        release, 10, at=NOW + HOUR, ramp=0.9 if status else 0.0, uniform=HARDLY
    )  # held back, if provisional
    look(release, NOW + DAY)
    (budget,) = budgets_of(period(release))
    rate = Decision.objects.filter(route="auto", sequence=0).values_list("audit_rate", flat=True)[0]
    assert budget.decisions == (10 if status else 20)
    assert budget.spent().estimate == pytest.approx(4 / rate)
    drawn = Decision.objects.filter(route="auto", sequence=0).first()
    assert (drawn.inclusion_probability > rate) == (status == "provisional")


def test_a_decision_audited_less_often_than_declared_counts_as_wrong_for_the_model():
    release = automating()
    Policy.objects.update(audit_rate=0.02)  # nothing in the service does that
    answered(release, 10, at=NOW + HOUR)
    take_in(release, 10, at=NOW + HOUR, uniform=HARDLY)
    look(release, NOW + DAY)
    (budget,) = budgets_of(period(release))
    assert (budget.decisions, budget.wrong, budget.confirmed, budget.unanswered) == (20, 20, 0, 20)


def test_each_label_has_its_budget_at_its_part_of_the_doubt():
    release = automating(scope="per_label")
    answered(release, 30, at=NOW + HOUR)
    answered(release, 30, at=NOW + 2 * HOUR, label="spam", wrong=28)
    look(release, NOW + DAY)
    look(release, APRIL + DAY)
    closed = period(release)
    assert [one["label"] for one in closed.results] == closed.units == ["ham", "spam"]
    assert [one.decisions for one in budgets_of(closed)] == [30, 30]
    assert [terms.delta_kept for terms in terms_of(closed)] == [pytest.approx(0.025)] * 2
    assert [one["verdict"] for one in closed.results][1] == "broken"
    assert closed.verdict == "broken"


def test_where_mistakes_cost_what_their_label_costs_the_budget_is_a_sum_of_costs():
    workflow = workflow_with_policy(degree="partial", target=0.2, loss="costs", budget_period="month")
    dear = [
        dict(label, cost=4.0 if label["name"] == "spam" else 1.0) for label in workflow.schemas.get().labels
    ]
    workflow.schemas.update(labels=dear)
    release = champion_of(workflow)
    cutoffs_of(release, certificate_of(release, status="certified", loss="costs"))
    for _ in range(2):
        person()
    look(release, NOW)
    answered(release, 10, at=NOW + HOUR, wrong=4)
    look(release, NOW + DAY)
    (budget,) = budgets_of(period(release))
    assert (budget.wrong, budget.counts) == (4 * 0.25, False)
    look(release, APRIL + DAY)
    assert period(release).results[0]["p_value"] is None


def test_a_late_answer_does_not_change_a_closed_period_and_is_shown():
    release = automating()
    cases = take_in(release, 4, at=NOW + HOUR)
    look(release, APRIL + DAY)
    closed = period(release)
    assert (closed.results[0]["audits"], closed.results[0]["unanswered"]) == (4, 4)
    say_of(cases[:3], "ham", User.objects.filter(roles=["reviewer"]).first(), at=APRIL + 2 * DAY)
    look(release, APRIL + 3 * DAY)
    assert period(release).results == closed.results
    assert BudgetView(closed, policy_of(release), APRIL + 3 * DAY).late == 3


def test_an_answer_that_comes_late_in_a_running_period_takes_the_place_of_none():
    release = automating()
    cases = take_in(release, 4, at=NOW + HOUR)
    look(release, NOW + 3 * DAY)
    assert budgets_of(period(release))[0].unanswered == 4
    say_of(cases, "ham", User.objects.filter(roles=["reviewer"]).first(), at=NOW + 3 * DAY)
    look(release, NOW + 4 * DAY)
    (budget,) = budgets_of(period(release))
    assert (budget.unanswered, budget.wrong, budget.decisions) == (0, 0, 4)


def test_an_open_audit_holds_back_what_was_decided_after_it():
    release = automating()
    take_in(release, 5, at=NOW + HOUR, uniform=HARDLY)
    waits = take_in(release, 1, at=NOW + 2 * HOUR)
    take_in(release, 5, at=NOW + 3 * HOUR, uniform=HARDLY)
    look(release, NOW + 4 * HOUR)
    view = BudgetView(period(release), policy_of(release), NOW + 4 * HOUR)
    assert (view.period.n_decisions, view.delivered, view.waits) == (5, 11, 6)
    say_of(waits, "ham", User.objects.filter(roles=["reviewer"]).first(), at=NOW + 4 * HOUR)
    look(release, NOW + 5 * HOUR)
    assert period(release).n_decisions == 11


def test_mended_errors_stay_in_the_budget_and_leave_what_is_still_wrong():
    release = automating()
    answered(release, 20, at=NOW + HOUR, wrong=6)
    look(release, NOW + DAY)
    (unit,) = BudgetView(period(release), policy_of(release), NOW + DAY).units
    assert (unit.budget.confirmed, unit.mended) == (6, 6)
    assert unit.still.high == unit.spent.high - 6
    assert unit.still.low == max(0, unit.spent.low - 6)


def test_decisions_to_come_that_look_too_wrong_raise_the_audits_and_are_told_once():
    Endpoint.objects.create(name="shop", url="https://shop.example/", secrets=["x"], created_at=NOW)
    release = champion_of(workflow_with_policy(degree="partial", target=0.2, budget_period="month"))
    cutoffs_of(release, None, basis="by_hand", reason="A trial.")  # no monitor steps down first
    for _ in range(2):
        person()
    look(release, NOW)
    take_in(release, 300, at=NOW + HOUR, uniform=HARDLY)
    answered(release, 60, at=NOW + 2 * HOUR, wrong=40)
    for hours in (24, 25):
        look(release, NOW + hours * HOUR)
    running = period(release)
    assert running.forecast["above"] >= 0.9
    assert running.overspends_since == NOW + DAY
    assert Event.objects.filter(kind="budget.overspending").count() == 1
    view = BudgetView(running, policy_of(release), NOW + DAY)
    assert (view.words, view.tone) == ("Too early to say", "warn")
    assert policy_of(release).audit_rate == policy_of(release).audit_amber
    look(release, APRIL + 2 * DAY)
    assert Event.objects.filter(kind="budget.period_closed").count() == 1


def test_nothing_is_said_to_be_kept_where_nothing_was_decided():
    release = automating(traffic=0)
    look(release, APRIL + DAY)
    assert period(release).verdict == "nothing"
    view = BudgetView(period(release), policy_of(release), APRIL + DAY)
    assert (view.words, view.tone) == ("Nothing automated", "neutral")


def test_the_api_says_it_and_gives_what_computes_it_again(tmp_path: Path):
    release = automating()
    answered(release, 60, at=NOW + DAY, wrong=2)
    clock.use(lambda: NOW + 2 * DAY)
    look(release, NOW + 2 * DAY)
    _, secret = create_key(name="t", scopes=("read",), is_for_all_workflows=True, actor=TESTER, now=NOW)
    headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    address = f"/api/v1/workflows/{release.workflow.slug}/budget"
    body = Client().get(address, **headers).json()
    (unit,) = body["current"]["units"]
    assert (body["length"], body["current"]["state"], body["ended"]) == ("month", "too_early", [])
    assert unit["spent"]["high"] == budgets_of(period(release))[0].spent().high
    msgspec.convert(body, shapes.budget.Budgets, strict=False)
    assert Client().get(f"{address}/{period(release).pk}", **headers).status_code == 404
    look(release, APRIL + DAY)
    clock.use(lambda: APRIL + DAY)
    (closed,) = Client().get(address, **headers).json()["ended"]
    evidence = Client().get(closed["evidence"], **headers).json()
    msgspec.convert(evidence, shapes.budget.BudgetEvidence, strict=False)
    again = recomputed(evidence, tmp_path)
    assert again["verdict"] == closed["state"]
    assert again["high"] == closed["units"][0]["spent"]["high"]


def test_the_page_says_first_what_was_delivered():
    release = automating()
    answered(release, 60, at=NOW + DAY, wrong=2)
    look(release, NOW + 2 * DAY)
    clock.use(lambda: NOW + 2 * DAY)
    client = Client()
    client.force_login(person(Role.OPERATOR))
    page = client.get(f"/automation/{release.workflow.slug}/promise/").content.decode()
    said = " ".join(re.sub("<[^>]+>", " ", page).split())
    (unit,) = BudgetView(period(release), policy_of(release), NOW + 2 * DAY).units
    spent = unit.spent
    assert (spent.low, unit.estimate, spent.high) == (2, 2, 2), "all of them were audited"
    assert (
        f"Of 60 decisions of the model, about {unit.estimate:,.0f} were wrong: at least"
        f" {spent.low:,.0f} and at most {spent.high:,.0f}. The promise allows {unit.whole_allowed:,} in"
        f" {unit.whole:,} decisions"
    ) in said, said[said.index("Error budget") :][:900]
    assert "Too early to say" in said
    assert said.index("Error budget") < said.index("At most 20 % of the automatic decisions are wrong")
    overview = client.get(f"/overview/{release.workflow.slug}/").content.decode()
    assert "Error budget used" in overview
    metrics = client.get("/metrics").content.decode()
    assert f'hitl_budget_counted{{label="",workflow="{release.workflow.slug}"}} 60.0' in metrics


def test_where_all_decisions_wait_for_the_first_audit_nothing_is_said_of_none():
    release = automating()
    take_in(release, 3, at=NOW + HOUR)
    look(release, NOW + 2 * HOUR)
    view = BudgetView(period(release), policy_of(release), NOW + 2 * HOUR)
    assert (view.period.n_decisions, view.delivered, view.waits) == (0, 3, 3)
    clock.use(lambda: NOW + 2 * HOUR)
    client = Client()
    client.force_login(person(Role.OPERATOR))
    page = client.get(f"/automation/{release.workflow.slug}/promise/").content.decode()
    assert "No decision is counted yet: one before them waits for its audit." in page
    assert "Of 0 decisions" not in " ".join(page.split())
    assert "Budget used, by the estimate" not in page
    read_figures(now=NOW + 2 * HOUR)
    assert LiveFigures.objects.get(workflow=release.workflow).budget_used is None, "the overview says –"
    overview = client.get(f"/overview/{release.workflow.slug}/").content.decode()
    assert "none counted yet: the first waits for its audit" in overview
    stages = client.get(f"/workflows/{release.workflow.slug}/stages/").content.decode()
    assert "None of the decisions is counted yet: the first waits for its audit." in stages


def test_the_next_turn_of_the_calendar_ends_a_period_that_is_not_too_short():
    assert end_of_period(datetime(2026, 1, 1, tzinfo=UTC), "year") == datetime(2027, 1, 1, tzinfo=UTC)
    assert end_of_period(datetime(2026, 2, 10, tzinfo=UTC), "quarter") == APRIL
    assert end_of_period(datetime(2026, 3, 25, tzinfo=UTC), "month") == MAY


def test_the_verdict_is_that_of_the_science_on_the_same_audits():
    release = automating()
    answered(release, 60, at=NOW + DAY, wrong=2)
    look(release, APRIL + DAY)
    closed = period(release)
    (terms,), (budget,) = terms_of(closed), budgets_of(closed)
    verdict = close(terms, budget)
    assert (
        closed.results[0]["verdict"] == {"Kept": "kept", "NotDecided": "not_decided"}[type(verdict).__name__]
    )
    assert closed.results[0]["spent"]["high"] == verdict.spent.high
