"""What people are asked about disagreements, and that nobody who reviews can tell."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client

from cases.models import Case, Label, Workflow
from hitl.accounts.keys import create_key
from hitl.accounts.types import Role, Scope
from hitl.flow.settling.answer import answer_batch
from hitl.shared import clock
from hitl.shared.actor import Actor
from monitoring.shadow.asking import ask_about_draws
from monitoring.shadow.run import shadow
from monitoring.watch import watch
from policy.models import Decision, DisagreementDraw
from reviews.models import Task
from reviews.services.answers import Answer
from reviews.services.queue import claim_next
from reviews.services.skip_hold_escalate import hold
from tests.api.client import ApiClient
from tests.support.factories import TESTER, person
from tests.support.shadow_rows import START, case, certified_mail_workflow, challenger, reviewers, submit

pytestmark = pytest.mark.django_db

AT = START + timedelta(minutes=1)
_TOKEN = re.compile(r'"X-CSRFToken": "[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"')  # another each time


@pytest.fixture(autouse=True)
def still_clock() -> None:
    """Let no time pass: pages say how long ago things were."""
    clock.use(lambda: AT)


def draw(case_id: UUID, labels: list[str]) -> DisagreementDraw:
    """Return a draw of the case, as if releases would decide it so."""
    facts = {"inclusion_probability": 1.0, "uniform": 0.5, "routed_at": AT, "drawn_at": AT}
    workflow_id = Case.objects.values_list("workflow_id", flat=True).get(pk=case_id)
    return DisagreementDraw.objects.create(case_id=case_id, workflow_id=workflow_id, labels=labels, **facts)


def api_key() -> str:
    scopes = (Scope.SUBMIT, Scope.READ)
    _, secret = create_key(name="a", scopes=scopes, is_for_all_workflows=True, actor=TESTER, now=AT)
    return secret


def by_route(workflow: Workflow, route: str, *, is_blind: bool = False) -> UUID:
    rows = Decision.objects.filter(workflow=workflow, route=route, is_blind=is_blind, is_audited=False)
    return rows.order_by("case_id").values_list("case_id", flat=True)[0]


def say(case_id: UUID, label: str, by: Actor, *, at: datetime = AT) -> None:
    task = Task.objects.get(case_id=case_id, status="waiting")
    said = {task.pk: Answer(label, seconds=1)}
    assert not answer_batch(by_task=said, actor=by, since=at, now=at).passed_by


def test_desk_and_api_are_the_same_bytes_with_a_model_in_shadow_and_without() -> None:
    workflow = certified_mail_workflow(blind_share=0.01, blind_rate=0.01)
    cases = submit(0, 40, at=AT)
    desk, api = Client(headers={"X-Desk": "1"}), ApiClient(api_key())
    desk.force_login(person(Role.REVIEWER))

    def everything() -> list[str]:
        pages = [
            _TOKEN.sub("", desk.get(path).content.decode())
            for path in ("/review/", "/review/recent/", "/review/held/")
        ]
        told = [api.send("GET", f"/cases/{case_id}").content.decode() for case_id in cases]
        return [*pages, *told]

    before = everything()
    assert "spam" in before[0]
    challenger(workflow, cutoff=None)
    shadow(workflow.pk, now=AT, settle=timedelta(0))
    watch(workflow.pk, now=AT, settle=timedelta(0))
    assert everything() == before


def test_a_task_made_blind_for_a_disagreement_is_like_any_blind_task() -> None:
    workflow = certified_mail_workflow(blind_share=0.5, blind_rate=0.5)
    submit(0, 150, at=AT)
    drawn, blind = by_route(workflow, "review"), by_route(workflow, "review", is_blind=True)
    assert Task.objects.get(case_id=drawn).suggestion is not None
    draw(drawn, ["ham"])
    assert ask_about_draws(workflow.pk, now=AT) == 1
    task, other = Task.objects.get(case_id=drawn), Task.objects.get(case_id=blind)
    own = {"id", "case_id", "inclusion_probability", "head_start", "goes_at", "_state"}
    assert {k: v for k, v in vars(task).items() if k not in own} == {
        k: v for k, v in vars(other).items() if k not in own
    }
    assert task.inclusion_probability == 1.0


def test_what_the_champion_has_decided_is_audited_afterwards() -> None:
    workflow = certified_mail_workflow(audit_base=0.01, audit_rate=0.01)
    submit(0, 30, at=AT)
    decided = by_route(workflow, "auto")
    answer = case(decided).answer
    other = "ham" if answer == "spam" else "spam"
    draw(decided, [answer, other])
    ask_about_draws(workflow.pk, now=AT)
    assert ask_about_draws(workflow.pk, now=AT) == 0  # once
    task = Task.objects.get(case_id=decided)
    assert (task.purpose, task.mode, task.status) == ("audit", "blind", "waiting")
    first, second, _ = reviewers()
    say(decided, answer, first)
    assert not Label.objects.filter(case_id=decided).exists()  # it is not what the other model says
    say(decided, answer, second)
    label = Label.objects.get(case_id=decided)
    assert (label.label, label.is_blind, label.purpose) == (answer, True, "audit")
    assert case(decided).answer == answer


def test_what_somebody_answered_in_sight_is_read_again_and_stands_against_one() -> None:
    workflow = certified_mail_workflow(blind_share=0.01, blind_rate=0.01)
    submit(0, 150, at=AT)
    waiting = by_route(workflow, "review")
    first, second, third = reviewers()
    say(waiting, "ham", first)
    draw(waiting, ["spam"])
    assert ask_about_draws(workflow.pk, now=AT) == 1
    say(waiting, "spam", second)  # with the challenger, against the person before: another is asked
    assert case(waiting).answer == "ham"
    say(waiting, "spam", third)
    assert case(waiting).answer == "spam"
    label = Label.objects.get(case_id=waiting, superseded_at=None)
    assert (label.label, label.is_blind) == ("spam", True)


def test_a_blind_answer_from_before_the_draw_gets_a_second_where_it_is_not_what_all_say() -> None:
    workflow = certified_mail_workflow(blind_share=0.5, blind_rate=0.5)
    submit(0, 150, at=AT)
    one, two = (
        Decision.objects.filter(workflow=workflow, route="review", is_blind=True)
        .order_by("case_id")
        .values_list("case_id", flat=True)[:2]
    )
    first, *_ = reviewers()
    for case_id in (one, two):
        say(case_id, "ham", first)
    draw(one, ["ham"])
    draw(two, ["spam"])
    ask_about_draws(workflow.pk, now=AT)
    assert not Task.objects.filter(case_id=one, status="waiting").exists()
    assert Task.objects.get(case_id=two, status="waiting").purpose == "second"


def test_a_task_that_somebody_holds_is_left_to_them_and_asked_about_later() -> None:
    workflow = certified_mail_workflow(blind_share=0.01, blind_rate=0.01)
    submit(0, 60, at=AT)
    first, *_ = reviewers()
    while not Task.objects.filter(status="leased", mode="assisted").exists():  # some are blind
        claimed = claim_next(actor=first, workflow_ids=None, now=AT)
        assert claimed is not None
        if Task.objects.get(lease_token=claimed.lease_token).mode == "blind":
            hold(lease_token=claimed.lease_token, actor=first, now=AT, until=AT + timedelta(hours=1))
    held = Task.objects.get(status="leased")
    draw(held.case_id, ["spam"])
    assert ask_about_draws(workflow.pk, now=AT) == 0
    held.refresh_from_db()
    assert (held.mode, held.status) == ("assisted", "leased")
