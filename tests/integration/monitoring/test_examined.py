"""What counts alone cannot say: examined once a day on cases, scores and labels of a real model."""

from datetime import timedelta

import pytest

from cases.models import Case, Workflow
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from monitoring.alarms.contract import LEVEL
from monitoring.counts import binning
from monitoring.counts.fold import fold_counts
from monitoring.drift.check import check
from monitoring.drift.compared import in_words
from monitoring.drift.metrics import metrics_now
from monitoring.drift.selectors import key_of
from monitoring.examined import model
from monitoring.examined.run import Found, _errors, examine
from monitoring.models import Alarm, DriftReading
from monitoring.types import Examined, MetricState
from tests.support.factories import NOW
from tests.support.live_rows import decided, evaluated
from tests.support.policy_rows import champion_of, cutoffs_of, workflow_with_policy
from tests.support.spam import labelled, mail_workflow, mails

DAY = timedelta(days=1)
MIDNIGHT = NOW.replace(hour=0, minute=0)
A_DAY = 25
DAYS = 35


def days(first: int, last: int, workflow: Workflow, *, body: str = "", a_day: int = A_DAY) -> None:
    """Let mails come in on each day, the body replaced where one is given."""
    for day in range(first, last):
        some = mails()[day * A_DAY : day * A_DAY + a_day]
        items = [
            Submission({**mail.content, "body": f"{body} {day} {i}"} if body else mail.content)
            for i, mail in enumerate(some)
        ]
        at = MIDNIGHT + day * DAY + timedelta(hours=12)
        submit_cases(Intake(workflow.slug, items, None, at, is_batch=True))


@pytest.fixture
def workflow(monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """Four weeks of mail."""
    monkeypatch.setattr(binning, "MIN_LEARNED", 40)
    made = mail_workflow()
    labelled(made, mails()[1_900:])
    days(0, 28, made)
    return made


def examined(workflow: Workflow) -> dict[str, DriftReading]:
    """Count, check and examine the day that ended last; the readings by what was examined."""
    now = MIDNIGHT + DAYS * DAY + timedelta(hours=1)
    fold_counts(workflow.id, now=now)
    check(workflow.id, now=now)
    assert examine(workflow.id, now=now) == 6  # three of outputs, one of all fields, two of fields
    assert examine(workflow.id, now=now) == 0
    rows = DriftReading.objects.filter(workflow=workflow, measure__in=list(Examined))
    return {f"{row.field} {row.measure}".strip(): row for row in rows}


@pytest.mark.django_db(transaction=True)
def test_more_of_the_same_is_calm_and_what_is_not_known_is_not(workflow: Workflow) -> None:
    days(28, DAYS, workflow)
    seen = examined(workflow)
    states = {name: row.state for name, row in seen.items()}
    assert states == {
        "gap": MetricState.UNKNOWN,  # nobody has audited anything
        "expected": MetricState.CALM,
        "skew": MetricState.CALM,
        "together": MetricState.CALM,
        "subject impact": MetricState.CALM,
        "body impact": MetricState.CALM,
    }
    assert seen["skew"].n_now == 20
    metrics = metrics_now(workflow.id)
    words = {name: in_words(metrics[key_of(row)], row) for name, row in seen.items() if row.threshold}
    assert words["skew"] == "20 scores were computed again from what is stored: all the same, bit by bit."
    assert "coin" in words["together"]
    assert not Alarm.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_new_kind_of_mail_is_told_apart_and_its_field_is_what_moves_the_model(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    # which cases are drawn is chance: of 87 pairs one draw in ten did not show it
    monkeypatch.setattr(model, "PAIRS", 200)
    days(28, DAYS, workflow, body="Dear friend, our pharmacy delivers cheap pills by courier", a_day=58)
    seen = examined(workflow)
    assert seen["together"].state == MetricState.DRIFTS
    assert any("pharmacy" in sign or "body" in sign for sign in seen["together"].facts["signs"])
    assert seen["body impact"].state == MetricState.DRIFTS
    assert seen["subject impact"].value < seen["body impact"].value
    assert Alarm.objects.filter(measure=Examined.TOGETHER).count() == 1
    assert not Alarm.objects.filter(measure=Examined.IMPACT).exists()


@pytest.mark.django_db(transaction=True)
def test_a_score_that_comes_out_otherwise_raises_an_alarm_at_once(workflow: Workflow) -> None:
    days(28, DAYS, workflow)
    last = Case.objects.filter(workflow=workflow, received_at__gte=MIDNIGHT + (DAYS - 1) * DAY)
    for case in last[:10]:  # as a change of the stored cases, or of the code that reads them, would
        Case.objects.filter(pk=case.pk).update(content={**case.content, "body": "win money now"})
    skew = examined(workflow)["skew"]
    assert skew.state == MetricState.DRIFTS
    assert 0 < skew.value <= 0.5
    assert Alarm.objects.get(measure=Examined.SKEW).severity == "high"


def audited(wrong: int) -> dict[str, Found]:
    """A release that errs as its scores say, and 200 audits of what it decides, some of them wrong."""
    release = champion_of(workflow_with_policy(degree="partial", target=0.1))
    cutoffs_of(
        release, None, cutoffs=dict.fromkeys(release.labels, 0.9), basis="by_hand", reason="of the tests"
    )
    evaluated(release, error=1.0)
    decided(release, 200, at=NOW, wrong=wrong, score=0.96)
    found = _errors(release, end=MIDNIGHT + 2 * DAY, now=MIDNIGHT + 2 * DAY + timedelta(hours=1))
    return {one.key.measure: one for one in found}


@pytest.mark.django_db
@pytest.mark.parametrize(("wrong", "is_found"), [(0, False), (8, False), (45, True)])
def test_audits_are_held_against_what_scores_predict(wrong: int, *, is_found: bool) -> None:
    gap = audited(wrong)[Examined.GAP]
    assert gap.n_now == 200
    assert gap.now == wrong / 200
    assert 0.03 < gap.then < 0.06  # scores of .96 say 4 % are wrong
    assert (gap.p_value <= LEVEL) == is_found
    assert (gap.value >= gap.needed) == is_found
