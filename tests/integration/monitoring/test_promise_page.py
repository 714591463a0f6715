"""The promise page: its numbers are those of the science, on the rows that are there."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Label
from hitl.accounts.types import Role
from hitl.shared import clock
from hitl.web.format import percent
from models_store.models import Evaluation, Release
from monitoring.overview.figures import read_figures
from monitoring.promise import live_error
from monitoring.promise.live_error import LONGEST, window_begins
from monitoring.promise.outlook import expected_automation
from monitoring.promise.page import PromisePage, promise_page_of
from monitoring.promise.what_if import what_if
from monitoring.signs.raised import raise_sign
from monitoring.types import SignKind
from monitoring.watch import watch
from policy.models import Certificate, KnownAnswer, Policy, Reading
from policy.proof.doubt import next_share
from policy.services.breaker import trip_breaker
from policy.services.digest import check_digests, digest_decisions
from science.guarantee.estimates import hajek
from science.guarantee.misses import correct_for_misses
from science.guarantee.planning import plan
from science.guarantee.wait import labels_until_proved
from tests.support.factories import NOW, TESTER, person
from tests.support.live_rows import answer, decided, evaluated
from tests.support.pages import as_read
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, workflow_with_policy

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOW + DAY


@pytest.fixture(autouse=True)
def a_day_later() -> None:
    """Let every page be asked for at one time."""
    clock.use(lambda: LATER)


def automating(status: str = "certified", **fields) -> Release:
    """Return the champion of a workflow whose cutoffs rest on a certificate of this status."""
    release = champion_of(workflow_with_policy(**({"degree": "partial"} | fields)))
    cutoffs_of(release, certificate_of(release, status=status))
    evaluated(release)
    return release


def page(release: Release, at=LATER) -> PromisePage:
    return promise_page_of(release.workflow, now=at)


def page_of(slug: str, role: str = Role.OPERATOR):
    client = Client()
    client.force_login(person(role))
    return client.get(f"/automation/{slug}/promise/")


def test_the_live_error_weighs_each_label_by_its_chance_and_stands_beside_the_plain_average():
    release = automating()
    decided(release, 100, at=NOW, wrong=2, inclusion_probability=0.02)
    decided(release, 60, at=NOW + HOUR, wrong=20, inclusion_probability=0.5, reason="below_cutoff", score=0.6)
    live = page(release).live
    audits = np.r_[np.ones(2), np.zeros(98)]
    expected = hajek(audits, np.full(100, 0.02))
    assert (live.accepted.value, live.accepted.interval) == (expected.value, expected.interval)
    both = hajek(np.r_[audits, np.ones(20), np.zeros(40)], np.r_[np.full(100, 0.02), np.full(60, 0.5)])
    assert (live.everything.value, live.everything.n) == (both.value, 160)
    assert (live.naive, live.n_naive) == (22 / 160, 160)
    assert live.everything.value < 0.03 < live.naive


def test_answers_behind_one_that_is_waited_for_are_left_out_and_late_ones_count_as_wrong():
    release = automating()
    decided(release, 10, at=NOW, inclusion_probability=0.02)
    decided(release, 3, at=NOW + HOUR, inclusion_probability=0.02, answered=False, due_at=NOW + 2 * HOUR)
    decided(release, 1, at=NOW + 2 * HOUR, inclusion_probability=0.02, answered=False, due_at=NOW + 9 * DAY)
    decided(release, 5, at=NOW + 3 * HOUR, wrong=5, inclusion_probability=0.02)
    live = page(release).live
    assert (live.accepted.n, live.accepted.value, live.accepted.interval.low) == (13, 3 / 13, 0.0)
    late = hajek(np.r_[np.zeros(10), np.ones(3)], np.full(13, 0.02))
    assert live.accepted.interval.high == late.interval.high
    assert (live.n_unanswered, live.n_open) == (3, 1)
    assert b"3 were not answered in time or not settled" in page_of(release.workflow.slug).content
    pace = page(release).pace
    assert (pace.due, pace.overdue, pace.audits) == (4, 3, 15)


def test_it_is_called_kept_only_when_audits_have_looked():
    release = automating()
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    decided(release, 20, at=NOW, inclusion_probability=0.02, answered=False)
    watch(release.workflow_id, now=NOW + HOUR, settle=timedelta(0))
    assert page(release, NOW + HOUR).status.words == "Proved"  # drawn, and nobody has answered
    release = automating()
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    decided(release, 20, at=NOW, inclusion_probability=0.02)
    watch(release.workflow_id, now=NOW + HOUR, settle=timedelta(0))
    assert page(release, NOW + HOUR).status.words == "Kept"


def test_where_the_promise_stands_is_said_in_one_line():
    release = automating()
    assert page(release, NOW).status.words == "Proved"
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    assert page(release, NOW).status.words == "Proved"  # watched, and nothing seen yet
    decided(release, 500, at=NOW, inclusion_probability=0.02, drawn=False)
    decided(release, 40, at=NOW + timedelta(minutes=10), wrong=3, inclusion_probability=0.02)
    watch(release.workflow_id, now=NOW + HOUR, settle=timedelta(0))
    seen = page(release)
    assert (seen.status.words, seen.line.tone) == ("Watched closely", "warn")
    assert seen.line.e_now == Reading.objects.latest("id").e_value
    assert "speak against" in seen.rate_why
    Certificate.objects.update(refuted=[[None, 0.9]])
    trip_breaker(workflow_id=release.workflow_id, reason="Odd.", actor=TESTER, now=LATER)
    stopped = page(release).status
    assert (stopped.words, stopped.tone) == ("Stopped", "bad")
    assert stopped.why.startswith("Odd. A person")


@pytest.mark.parametrize(
    ("status", "policy", "words"),
    [
        ("provisional", {}, "Provisional"),
        ("certified", {"degree": "assist"}, "Off"),
        ("expired", {}, "Nothing automated"),
    ],
)
def test_every_state_has_its_line(status, policy, words):
    assert page(automating(status, **policy), NOW).status.words == words


def test_refuted_points_mean_a_step_down():
    release = automating()
    Certificate.objects.update(refuted=[[None, 0.97]])
    seen = page(release, NOW)
    assert seen.status.words == "Stepped down"
    assert (seen.units_seen[0].refuted, seen.units_seen[0].passed) == ([0.97], 2)


def test_the_trial_says_how_far_it_is_and_when_it_will_be_done():
    release = automating("provisional")
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    decided(
        release, 200, at=NOW, wrong=1, inclusion_probability=0.76, reason="ramp", every=timedelta(minutes=5)
    )
    watch(release.workflow_id, now=LATER, settle=timedelta(0))
    progress = page(release).progress
    planned = progress.trial.plans[0]["plan"]["expected_labels"]
    assert (progress.planned, progress.trial.n_labels, progress.trial.n_wrong) == (planned, 200, 1.0)
    assert progress.by == LATER + (planned - 200) / 200 * DAY
    assert (progress.proved, progress.units) == (0, 1)


def test_the_outlook_is_that_of_a_plan_on_the_same_labels():
    release = automating()
    seen = page(release)
    [unit] = seen.outlooks
    sample = seen.automation.sample
    drafted = plan(
        sample.scores,
        sample.wrong.astype(float),
        target=0.01,
        delta=0.05,
        expected_labels=len(sample),
        n_cutoffs=60,
    )
    assert unit.steps[0].automation == unit.automation == seen.automation.units[0].at.automation
    doubled = expected_automation(replace(drafted, expected_labels=3000))
    assert unit.steps[1].automation == max(unit.automation, doubled)
    assert [step.missing for step in unit.steps] == [0, 1500, 4500, 13500]
    assert all(step.by is None for step in unit.steps if step.missing)  # nobody answers
    decided(release, 100, at=NOW, inclusion_probability=0.02)
    decided(release, 30, at=NOW + HOUR, inclusion_probability=0.02, answered=False)
    [unit] = page(release).outlooks
    assert unit.steps[1].by == LATER + 1500 / 100 * DAY


def test_each_label_has_an_outlook_also_one_that_the_model_never_says():
    release = automating(scope="per_label")
    Evaluation.objects.update(predicted=[0] * 1500)
    ham, spam = page(release).outlooks
    assert (ham.label, ham.n_labels, len(ham.steps)) == ("ham", 1500, 4)
    assert (spam.label, spam.n_labels, spam.has_more) == ("spam", 0, False)
    assert page_of(release.workflow.slug).status_code == 200


def test_what_if_holds_the_curve_and_a_week():
    release = automating()
    decided(release, 50, at=NOW, inclusion_probability=0.02)
    seen = page(release)
    numbers = seen.what_if
    [unit] = numbers["units"]
    assert (numbers["weeklyCases"], numbers["answers"], numbers["target"]) == (50, 50, 0.01)
    assert unit["nLabels"] == 1500
    assert unit["inForce"] == unit["certified"] == 0.9
    at = unit["cutoff"].index(0.9)
    assert unit["n"][at] == int((seen.automation.sample.scores >= 0.9).sum())
    assert json.loads(json.dumps(numbers)) == numbers


def test_what_reviewers_miss_is_added_to_what_a_certificate_proves_and_to_what_would_be_proved():
    release = automating(corrects_misses=True)
    Certificate.objects.update(evidence={"misses": {"missed": 0, "known_wrong": 22, "bound": 0.2}})
    (unit,) = page(release).units_seen
    assert unit.upper_bound == pytest.approx(unit.seen["upper_bound"] / 0.8)
    now = page(release)
    parts = {"policy": now.policy, "delta": 0.05, "weekly_cases": 9, "pace": now.pace}
    (plain,) = what_if(now.automation.units, seen=1.0, **parts)["units"]
    (corrected,) = what_if(now.automation.units, seen=0.8, **parts)["units"]
    assert corrected["bound"] == pytest.approx([min(1.0, bound / 0.8) for bound in plain["bound"]])
    assert corrected["bound"] != plain["bound"]


def test_the_error_now_is_what_reviewers_see_and_the_page_says_how_much_more_it_may_be():
    release = automating(corrects_misses=True)
    decided(release, 200, at=NOW, wrong=1, inclusion_probability=0.5)
    reviewer = person(Role.REVIEWER)
    cases = [one.case_id for one in decided(release, 40, at=NOW + HOUR, drawn=False)]
    KnownAnswer.objects.bulk_create(
        KnownAnswer(
            workflow=release.workflow, case_id=case, reviewer=reviewer, predicted="ham", truth="spam",
            answer="spam" if i else "ham", is_blind=True, at=NOW,
        )
        for i, case in enumerate(cases)
    )  # fmt: skip
    seen = page(release)
    bound = correct_for_misses(1, 40, target=0.01, delta=0.05).miss_bound
    assert seen.overlooked == pytest.approx(bound)
    assert seen.highest_true_error == pytest.approx(seen.live.accepted.interval.high / (1 - bound))
    assert "These are the mistakes that reviewers see." in page_of(release.workflow.slug).content.decode()
    Policy.objects.update(corrects_misses=False)
    assert "These are the mistakes" not in page_of(release.workflow.slug).content.decode()


def test_misses_that_nothing_bounds_are_named():
    release = automating()
    Policy.objects.update(corrects_misses=True)
    seen = page(release)
    assert seen.is_nothing_known
    assert "cannot be estimated yet" in page_of(release.workflow.slug).content.decode()


@pytest.mark.parametrize("make", [workflow_with_policy, lambda: champion_of(workflow_with_policy()).workflow])
def test_an_empty_page_says_what_is_missing(make):
    page = page_of(make().slug).content.decode()
    assert "people decide every case" in page
    assert "Nothing is watched" in page
    assert "What it does not say" in page


def test_reviewers_find_no_page_and_auditors_change_nothing():
    slug = automating().workflow.slug
    assert page_of(slug, Role.REVIEWER).status_code == 404
    page = page_of(slug, Role.AUDITOR).content.decode()
    assert "Certify now" not in page
    assert "Promise this target" not in page


def test_the_evidence_of_a_certificate_is_a_file():
    release = automating()
    client = Client()
    client.force_login(person(Role.AUDITOR))
    at = f"/automation/{release.workflow.slug}/promise/certificates/"
    file = client.get(f"{at}{Certificate.objects.get().pk}.json")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.json()["seen"] == Certificate.objects.get().seen
    other = certificate_of(champion_of(workflow_with_policy()))
    assert client.get(f"{at}{other.pk}.json").status_code == 404


def test_the_last_day_is_checked_against_its_digests():
    release = automating()
    client = Client()
    client.force_login(person(Role.AUDITOR))

    def checked() -> str:
        address = f"/automation/{release.workflow.slug}/promise/check/"
        return client.post(address, follow=True).content.decode()

    assert "The audit log has no hash of the last day" in checked()
    decided(release, 3, at=NOW, inclusion_probability=0.02)
    digest_decisions(workflow_id=release.workflow_id, now=LATER)
    assert "3 decisions of the last day, all that the audit log covers, are unchanged." in checked()
    decided(release, 1, at=NOW, inclusion_probability=0.02)  # slipped in behind the seal
    assert "differ from what the audit log recorded" in checked()


def test_a_long_check_stops_and_says_so():
    release = automating()
    for hour in range(3):
        decided(release, 2, at=NOW + hour * HOUR, inclusion_probability=0.02)
        digest_decisions(workflow_id=release.workflow_id, now=NOW + (hour + 1) * HOUR)
    checked = check_digests(workflow_id=release.workflow_id, since=NOW, most=4)
    assert (checked.decisions, checked.is_all, checked.changed) == (4, False, None)


def test_the_page_asks_as_much_of_much_as_of_little():
    release = automating()
    decided(release, 20, at=NOW, inclusion_probability=0.02)
    watch(release.workflow_id, now=LATER, settle=timedelta(0))
    client = Client()
    client.force_login(person(Role.OPERATOR))
    address = f"/automation/{release.workflow.slug}/promise/"
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as little:
        assert client.get(address).status_code == 200
    more = decided(release, 400, at=NOW + HOUR, wrong=2, inclusion_probability=0.02)
    Label.objects.filter(case_id=more[0].case_id).update(superseded_at=LATER)
    answer(more[0], "ham", at=LATER).save()
    with CaptureQueriesContext(connection) as much:
        assert client.get(address).status_code == 200
    assert len(much) <= len(little) + 2
    assert len(little) <= 75


def test_the_badge_is_that_of_the_certificate_below_it_and_not_of_a_later_attempt():
    release = automating()
    certificate_of(release, status="refused", valid_from=NOW + HOUR)
    shown = page(release)
    assert shown.certificate is not None
    assert shown.certificate.status == "certified"
    assert shown.certificate_state[0] == "certified"
    head = page_of(release.workflow.slug).content.decode().split("<h2>Certificate</h2>")[1][:600]
    assert "certified" in head
    assert "not proved" not in head


def test_the_overview_and_the_promise_page_say_the_same_of_the_same_rows(client: Client) -> None:
    release = automating("certified")
    decided(release, 300, at=NOW, wrong=4, inclusion_probability=0.02)
    decided(release, 40, at=NOW + HOUR, wrong=9, inclusion_probability=0.5, reason="below_cutoff", score=0.6)
    clock.use(lambda: LATER)
    client.force_login(person(Role.OPERATOR))
    live = page(release).live
    assert live is not None
    assert 0 < live.accepted.value < 1
    numbers = [live.accepted.value, live.accepted.interval.low, live.accepted.interval.high]
    read_figures(now=LATER)
    slug = release.workflow.slug
    for address in ("/overview/", f"/overview/{slug}/", f"/automation/{slug}/promise/"):
        html = client.get(address).content.decode()
        assert all(percent(number, 2) in html for number in numbers), address


def test_the_wait_until_it_is_proved_is_said_before_a_test_begins():
    """As many labels as a first plan takes, of the cases that it accepts and holds back: three in four."""
    release = automating("provisional", target=0.1)
    decided(release, 700, at=LATER - HOUR, drawn=False)
    found = page(release).wait
    assert found.labels == labels_until_proved(0.1, next_share(Policy.objects.get()).alpha)
    assert found.days == ceil(found.labels / (700 / 7 * 0.7 * 0.75))
    assert not found.is_least
    text = as_read(page_of(release.workflow.slug).content.decode())
    assert f"takes about {found.labels:,} blind answers to cases that it accepts" in text
    assert f"about {found.days} days" in text
    watch(release.workflow_id, now=LATER, settle=timedelta(0))
    assert page(release).progress is not None
    assert page(release).wait is None  # the test is running, and its own figures stand there


def test_nothing_is_said_of_a_wait_where_the_promise_is_proved_and_the_least_where_nothing_is_known():
    assert page(automating("certified")).wait is None
    release = champion_of(workflow_with_policy(degree="partial"))
    assert page(release).wait.is_least
    assert page(release).wait.days is None  # no cases, no days


def test_why_audits_are_raised_is_said_as_it_is():
    release = automating(audits_for_budget=False, target=0.1)
    decided(release, 4000, at=LATER - HOUR, drawn=False)
    policy = Policy.objects.filter(workflow=release.workflow)
    assert page(release).rate_why == "as promised for quiet times"
    policy.update(audit_rate=0.25)
    assert "lately" in page(release).rate_why
    policy.update(evidence_from=NOW)
    assert page(release).rate_why == "raised since an alarm, and lowered as cases come in without another"
    raise_sign(
        workflow_id=release.workflow_id, kind=SignKind.DISAGREEMENT, evidence={}, actor=TESTER, now=LATER
    )
    assert page(release).rate_why == "raised, because of an early sign"
    policy.update(audit_least=0.25)
    assert page(release).rate_why == "raised to what the period's error budget takes"


@given(st.integers(0, 10**9), st.floats(0, 1))
def test_a_window_begins_anew_and_not_with_every_look(seconds: int, later: float):
    """For half of its length it begins where it began: all looks of that time share one chance to miss."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    begins = window_begins(now, LONGEST)
    assert LONGEST / 2 <= now - begins <= LONGEST
    rest = begins + LONGEST - now
    assert window_begins(now + later * rest * 0.999, LONGEST) == begins
    assert window_begins(begins + LONGEST, LONGEST) == begins + LONGEST / 2


def test_where_there_are_many_answers_the_window_is_shorter_and_none_is_left_out(monkeypatch):
    monkeypatch.setattr(live_error, "MAX_LABELS", 50)
    release = automating()
    decided(release, 60, at=LATER - timedelta(days=40), wrong=30)
    decided(release, 40, at=LATER - HOUR)
    assert (page(release).live.accepted.n, page(release).live.accepted.value) == (40, 0)
