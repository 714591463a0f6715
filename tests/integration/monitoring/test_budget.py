"""The error budget of a period: planned before it begins, fed from draws, closed with a verdict for ever."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from hitl.accounts.models import User
from hitl.audit.log import verify
from hitl.audit.models import Checkpoint, Entry
from hitl.shared.canonical import canonical_json, sha256
from models_store.models import Release
from monitoring.models import BudgetPeriod
from monitoring.watch import watch
from monitoring.watch.budget.units import terms_of
from tests.support.factories import NOW, person
from tests.support.live_cases import HARDLY, say_of, take_in
from tests.support.policy_rows import (
    certificate_of,
    champion_of,
    cutoffs_of,
    workflow_with_policy,
)

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
    assert Checkpoint.objects.get().entry_id >= entry.number
    found = verify()
    assert found.holds, Entry.objects.get(number=found.broken_at).detail
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
