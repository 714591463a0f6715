"""Certificates rest on labels: when those change, they are tested again, and end if they no longer pass."""

from datetime import datetime, timedelta

import pytest

from cases.models import Label
from models_store.models import Release
from policy.in_force.rules import rule_for
from policy.models import Certificate, Policy
from policy.services.certify import certify_release
from policy.services.expiry import end_outlived, recheck
from science.decision_terms import Basis
from tests.support.factories import NOW, TESTER
from tests.support.live_rows import answer, decided, evaluated
from tests.support.policy_rows import champion_of, minutes_later, workflow_with_policy

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def release() -> Release:
    """A champion that is certified by 1,500 imported labels."""
    release = champion_of(workflow_with_policy(degree="partial"))
    evaluated(release)
    assert certify(release).status == "provisional"
    return release


def certify(release: Release) -> Certificate:
    certificate = certify_release(release_id=release.id, actor=TESTER, now=NOW)
    assert certificate is not None
    return certificate


def void(release: Release, n: int, at: datetime) -> None:
    some = Label.objects.filter(workflow_id=release.workflow_id, superseded_at=None).order_by("id")[:n]
    Label.objects.filter(pk__in=[label.pk for label in some]).update(superseded_at=at)


def test_voided_labels_end_what_no_longer_passes_without_them(release):
    void(release, 60, minutes_later(10))
    assert recheck(actor=TESTER, now=minutes_later(12)) == 1
    assert Certificate.objects.get().status == "superseded"
    assert rule_for(release.workflow_id).rule.basis is Basis.NONE


def test_what_still_passes_stays_and_is_tested_once(release, django_assert_num_queries):
    void(release, 1, minutes_later(10))
    assert recheck(actor=TESTER, now=minutes_later(20)) == 0
    assert Certificate.objects.get().status == "provisional"
    with django_assert_num_queries(2):  # the live certificates, and whether any of their labels has changed
        assert recheck(actor=TESTER, now=minutes_later(22)) == 0


def test_a_change_is_found_however_long_nobody_looked(release):
    void(release, 60, minutes_later(10))
    assert recheck(actor=TESTER, now=NOW + 3 * DAY) == 1


def test_labels_from_before_an_alarm_do_not_come_back_when_it_is_tested_again(release):
    """What was certified by the labels since an alarm is tested again by those, however good the others."""
    old = Label.objects.filter(workflow_id=release.workflow_id).order_by("id")[:700]
    for label in old:
        label.case.received_at = NOW - DAY
        label.case.save()
    Policy.objects.filter(workflow_id=release.workflow_id).update(evidence_from=NOW - DAY / 2)
    certificate = certify(release)
    assert (certificate.status, certificate.seen["n_labels"]) == ("provisional", 800)
    new = Label.objects.filter(workflow_id=release.workflow_id, case__received_at=NOW).order_by("id")[:40]
    Label.objects.filter(pk__in=[label.pk for label in new]).update(superseded_at=minutes_later(10))
    assert recheck(actor=TESTER, now=minutes_later(12)) == 1


def test_imported_labels_that_nobody_attests_prove_nothing_for_good(release):
    """They are judged out of fold: a quarter of what they allow is automated until live labels confirm it."""
    assert not Label.objects.filter(inclusion_probability__isnull=False).exists()
    rule = rule_for(release.workflow_id).rule
    assert (rule.basis, rule.share_let_through) == (Basis.PROVISIONAL, 0.25)


def test_a_certificate_has_had_its_time_after_ten_times_its_labels(release):
    Certificate.objects.update(seen=Certificate.objects.get().seen | {"n_labels": 3})
    live = decided(release, 31, at=NOW, answered=False, inclusion_probability=0.02)
    Label.objects.bulk_create(answer(one, "ham", at=minutes_later(5)) for one in live[:30])
    assert end_outlived(actor=TESTER, now=minutes_later(6)) == 0
    answer(live[30], "ham", at=minutes_later(5)).save()
    assert end_outlived(actor=TESTER, now=minutes_later(6)) == 1
    assert Certificate.objects.get().status == "expired"
