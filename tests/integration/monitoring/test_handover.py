"""A challenger inherits the champion's evidence, and pays in labels only for where they differ."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from cases.models import Label, Workflow
from hitl.accounts.models import User
from hitl.audit.models import Entry
from hitl.flow.settling.amend import amend_answer
from hitl.shared.actor import Actor
from models_store.models import Release
from models_store.selectors import champion, roles_now
from models_store.services.roles import retire
from models_store.services.schedule import change_training_settings
from monitoring.shadow.run import shadow
from monitoring.watch import watch
from policy.models import Certificate, DisagreementDraw, HandoverTrial, Policy, Watch
from policy.services import handovers
from policy.services.cutoffs import set_cutoffs_by_hand
from reviews.models import Task
from tests.support.factories import TESTER
from tests.support.policy_rows import lead, operator
from tests.support.shadow_rows import (
    START,
    answer_all,
    case,
    certified_mail_workflow,
    challenger,
    reviewers,
    submit,
    truths,
)

pytestmark = pytest.mark.django_db

PROMISE = {"target": 0.2, "confidence": 0.9, "audit_base": 0.5, "audit_rate": 0.5, "audit_amber": 0.5}
BEFORE, AFTER = 500, 900  # mails before the freeze, and all of them
AT_ONCE = 100
NOTHING = timedelta(0)


def traffic(workflow: Workflow, first: int, last: int, *, at: datetime) -> datetime:
    """Let mails come in and people answer truly, with all that the service does meanwhile; return when."""
    people = reviewers() if not Watch.objects.exists() else _people()
    for begin in range(first, last, AT_ONCE):
        end = min(begin + AT_ONCE, last)
        truth = truths(begin, end, submit(begin, end, at=at))
        shadow(workflow.pk, now=at, settle=NOTHING)
        answer_all(workflow, truth, people, at=at + timedelta(seconds=5))
        shadow(workflow.pk, now=at + timedelta(seconds=6), settle=NOTHING)
        answer_all(workflow, truth, people, at=at + timedelta(seconds=8))
        at += timedelta(seconds=30)
        watch(workflow.pk, now=at, settle=NOTHING)
    return at


def _people() -> list[Actor]:
    return [user.as_actor() for user in User.objects.filter(username__startswith="r").order_by("username")]


def test_a_challenger_takes_over_until_a_label_changes_that_its_proof_rests_on() -> None:
    """One life, as it takes 900 mails: 500 before the challenger came into shadow, and 400 that it saw."""
    workflow = certified_mail_workflow(**PROMISE)
    at = traffic(workflow, 0, BEFORE, at=START)
    release = challenger(workflow, at=at)
    at = traffic(workflow, BEFORE, AFTER, at=at)
    _is_handed_over(workflow, release)
    _ends_by_other_labels(workflow, at=at)


def _is_handed_over(workflow: Workflow, release: Release) -> None:
    trial = HandoverTrial.objects.get()
    assert trial.verdict["status"] == "handed_over", trial.verdict
    certificate = trial.certificate
    assert certificate is not None
    assert certificate.status == "certified"
    evidence = certificate.evidence
    assert evidence["assumes"] == "The champion's error rate is unchanged over both windows."
    assert evidence["windows"]["champion"][0] == trial.window_from.isoformat()
    assert evidence["windows"]["challenger"][0] == trial.frozen_at.isoformat()
    assert evidence["disagreements"] < evidence["champion_audits"]
    assert champion(workflow.pk) == release
    entry = Entry.objects.get(action="release.promoted")
    assert entry.detail["evidence"]["certificate"] == str(certificate.pk)
    assert roles_now(workflow.pk)[trial.champion_id].role == "retired"
    # Every label of the evidence was blind, and every case on which they differ was drawn.
    draws = DisagreementDraw.objects.all()
    assert {draw.inclusion_probability for draw in draws} == {1.0}
    assert not Task.objects.filter(case_id__in=draws.values("pk")).exclude(mode="blind").exists()


def _ends_by_other_labels(workflow: Workflow, *, at: datetime) -> None:
    certificate = Certificate.objects.get(method__startswith="handover")
    audited = Label.objects.filter(purpose="audit", is_blind=True, superseded_at=None)
    changed = at + timedelta(minutes=1)
    _contradict(list(audited.order_by("at", "id").values_list("case_id", flat=True)[:150]), at=changed)
    watch(workflow.pk, now=changed + timedelta(minutes=1), settle=NOTHING)
    certificate.refresh_from_db()
    assert certificate.status == "superseded"
    assert "labels it rests on" in Entry.objects.get(action="certificate.ended").detail["why"]


def _contradict(case_ids: list[UUID], *, at: datetime) -> None:
    """Let a lead decide these cases the other way round."""
    by = lead()
    for case_id in case_ids:
        other = "ham" if case(case_id).answer == "spam" else "spam"
        amend_answer(case_id=case_id, label=other, reason="A mistake.", actor=by, now=at)


def test_while_the_window_has_not_begun_no_plan_is_frozen_and_no_doubt_spent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a day with too few audits: each plan would end with the next case, and another be frozen."""
    workflow = certified_mail_workflow(**PROMISE)
    challenger(workflow, at=START)
    with monkeypatch.context() as patched:
        patched.setattr(handovers, "_window", lambda *_: START + timedelta(days=1))
        for minutes in (2, 3, 4):
            watch(workflow.pk, now=START + timedelta(minutes=minutes), settle=NOTHING)
    assert not HandoverTrial.objects.exists()
    assert Policy.objects.get().plans_frozen == 0
    watch(workflow.pk, now=START + timedelta(days=1), settle=NOTHING)
    assert HandoverTrial.objects.count() == Policy.objects.get().plans_frozen == 1


def test_nobody_takes_over_where_new_models_wait_for_a_person() -> None:
    workflow = certified_mail_workflow(**PROMISE)
    change_training_settings(workflow_id=workflow.pk, actor=TESTER, now=START, challengers_wait=True)
    at = traffic(workflow, 0, BEFORE, at=START)
    release = challenger(workflow, at=at)
    traffic(workflow, BEFORE, AFTER, at=at)
    assert Certificate.objects.filter(release=release, status="certified").exists()
    assert roles_now(workflow.pk)[release.pk].role == "shadow"


def opened() -> tuple[Workflow, Release, HandoverTrial]:
    workflow = certified_mail_workflow(**PROMISE)
    release = challenger(workflow)
    watch(workflow.pk, now=START + timedelta(minutes=1), settle=NOTHING)
    return workflow, release, HandoverTrial.objects.get()


@pytest.mark.parametrize("change", ["cutoffs", "promise", "role", "share"])
def test_a_handover_ends_with_what_it_froze(change: str) -> None:
    workflow, release, trial = opened()
    now = START + timedelta(minutes=2)
    if change == "cutoffs":
        numbers = dict.fromkeys(release.labels, 0.95)
        set_cutoffs_by_hand(workflow_id=workflow.pk, cutoffs=numbers, reason="x", actor=operator(), now=now)
    elif change == "promise":
        Policy.objects.update(target=0.3)
    elif change == "role":
        retire(release_id=release.pk, actor=TESTER, now=now, reason="x")
    else:
        change_training_settings(workflow_id=workflow.pk, actor=TESTER, now=now, shadow_share=50.0)
    watch(workflow.pk, now=now, settle=NOTHING)
    trial.refresh_from_db()
    assert (trial.outcome, bool(trial.reason)) == ("abandoned", True)


def test_a_plan_that_was_changed_after_the_freeze_proves_nothing() -> None:
    workflow, _, trial = opened()
    HandoverTrial.objects.update(plan=trial.plan | {"target": 0.9})
    watch(workflow.pk, now=START + timedelta(minutes=2), settle=NOTHING)
    trial.refresh_from_db()
    assert "what was frozen has changed" in trial.reason


def test_three_challengers_share_the_labels_of_what_they_differ_on() -> None:
    workflow = certified_mail_workflow(**PROMISE)
    for number, cutoff in ((2, 0.8), (3, 0.7), (4, 0.6)):
        challenger(workflow, number=number, cutoff=cutoff)
    watch(workflow.pk, now=START + timedelta(seconds=1), settle=NOTHING)
    assert HandoverTrial.objects.count() == 3
    at = START + timedelta(minutes=1)
    cases = submit(0, 150, at=at)
    shadow(workflow.pk, now=at, settle=NOTHING)
    drawn = set(DisagreementDraw.objects.values_list("case_id", flat=True))
    between = Task.objects.filter(case_id__in=cases, purpose="review")
    assert drawn
    assert drawn <= set(between.values_list("case_id", flat=True))  # the champion left them to people


def test_beyond_the_day_s_share_one_in_ten_is_drawn_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.shadow.drawing.AT_ONCE", 20)
    workflow = certified_mail_workflow(**PROMISE)
    challenger(workflow, cutoff=0.5)
    change_training_settings(workflow_id=workflow.pk, actor=TESTER, now=START, disagreements_a_day=5)
    watch(workflow.pk, now=START + timedelta(seconds=1), settle=NOTHING)
    at = START + timedelta(minutes=1)
    submit(0, 400, at=at)
    shadow(workflow.pk, now=at, settle=NOTHING)
    rates = [rate for _, _, rate in HandoverTrial.objects.get().rates]
    assert rates == [1.0, 0.1]
    draws = DisagreementDraw.objects.all()
    assert draws.filter(inclusion_probability=1.0).count() >= 5
    assert all(draw.uniform < draw.inclusion_probability for draw in draws)
    for draw in draws.filter(inclusion_probability=0.1):
        assert draw.uniform < 0.1
