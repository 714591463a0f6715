"""Whoever only reviews cannot tell an audit from another case, nor an answer that agreed with the model.

Worlds that differ only in that are lived through by services and doors alone: a case comes in, a person
answers it at the desk, takes the answer back, gives it again; others answer what they are then asked; the
person changes their answer, a lead decides anew, the submitter withdraws, days pass. At every step everything
that the person can reach must be the same in all of them, byte by byte.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.urls import path

from cases.models import Case, Workflow
from hitl import urls
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.intake import in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.settling.amend import amend_answer
from hitl.flow.settling.sla_action import sweep_overdue
from hitl.flow.settling.withdraw import withdraw_case
from hitl.outbox.models import Endpoint
from hitl.shared import clock
from hitl.shared.errors import Conflict, Invalid
from policy.models import Certificate, Decision
from reviews.models import Review, ReviewRules, Task
from reviews.selectors import claimable_tasks
from reviews.types import SlaAction
from tests.support.blind_walk import (
    LIST_FILTERS,
    Known,
    UnknownPart,
    addresses,
    differences,
    look,
    plain,
    send,
)
from tests.support.factories import NOW, TESTER, client_key, person
from tests.support.oracle import Oracle
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import say

pytestmark = pytest.mark.django_db
REVIEWED, AUDITED = [0.39, 0.61], [0.01, 0.99]  # below and above the cutoff, for ham and spam
WORLDS = {  # what the model thinks of the case; the person says spam
    "left to people, the model would agree": REVIEWED,
    "left to people, the model would not": REVIEWED[::-1],
    "left to people, without a score": None,
    "an audit that agrees": AUDITED,
    "an audit that does not": AUDITED[::-1],
}


class Rollback(Exception):
    """Ends a world."""


@dataclass
class Stage:
    """What all worlds begin with."""

    workflow: Workflow
    reviewer: User
    others: list[User]
    lead: User
    key: Any
    endpoint: Endpoint
    oracle: Oracle
    is_quick: bool = False

    def is_shown(self, door: str) -> bool:
        """Tell whether a door shows something at every step, or was added by a test."""
        return door in SHOWN or bool(re.fullmatch(r"/new/.*|/cases/[^/]+/(amend/)?", door))


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    oracle = Oracle()
    monkeypatch.setattr("hitl.flow.intake.in_force.served_model", lambda release_id: oracle)
    # Django stamps what must not be kept with a clock of its own.
    at_the_clock = SimpleNamespace(time=lambda: clock.now().timestamp())
    monkeypatch.setattr("django.utils.cache.time", at_the_clock)
    workflow = automating_workflow(blind_share=1.0, blind_rate=1.0, audit_base=1.0, audit_rate=1.0)
    Certificate.objects.update(status="certified")  # no share is held back by chance
    ReviewRules.objects.create(workflow=workflow, sla_action=SlaAction.ESCALATE)
    reviewer = person(Role.REVIEWER, username="grace")
    others = [person(Role.REVIEWER), person(Role.REVIEWER, Role.ADJUDICATOR), person(Role.ADJUDICATOR)]
    endpoint = Endpoint.objects.create(
        name="shop backend", url="https://shop.example/", secrets=["x"], created_at=NOW
    )
    return Stage(workflow, reviewer, others, person(Role.LEAD), client_key(), endpoint, oracle)


def at(moment: datetime) -> datetime:
    clock.use(lambda: moment)
    return moment


def live_through(stage: Stage, probabilities: list[float] | None) -> dict[str, str]:
    """Live through one world; return everything the person saw, by step and door."""
    seen: dict[str, str] = {}
    try:
        with transaction.atomic():
            _live(stage, probabilities, seen)
            raise Rollback
    except Rollback:
        in_force.forget()
    return seen


def _live(stage: Stage, probabilities: list[float] | None, seen: dict[str, str]) -> None:
    in_force.forget()
    now = at(NOW)
    client = Client(REMOTE_ADDR="192.0.2.9")  # not on this machine, from where /metrics may be read
    client.force_login(stage.reviewer)
    stage.oracle.probabilities = probabilities
    body = {"body": "The very same words"}
    submit_cases(Intake(stage.workflow.slug, [Submission(body, "order-1")], stage.key, now))
    stage.oracle.probabilities = REVIEWED
    now = at(NOW + timedelta(seconds=1))
    submit_cases(Intake(stage.workflow.slug, [Submission({"body": "Another"})], stage.key, now))
    case, filler = Case.objects.order_by("received_at")
    assert Decision.objects.filter(case=case, is_audited=True).exists() == (max(probabilities or [0]) > 0.9)

    now = at(NOW + timedelta(seconds=2))
    desk = client.get("/review/")
    lease = _lease(desk)
    known = _known(stage, case, filler, lease)
    doors = addresses(known)
    seen["desk"] = plain(desk, known)

    def walk(step: str, *, whole: bool = False, sends: bool = False) -> None:
        plainly = replace(known, queries={}) if not whole or stage.is_quick else known
        asked = [door for door in doors if (whole and not stage.is_quick) or stage.is_shown(door)]
        found = look(client, plainly, asked)
        if sends:
            found |= send(client, known, [door for door in asked if not door.startswith("/admin/")])
        seen.update({f"{step}: {door}": text for door, text in found.items()})

    def act(step: str, address: str, **form: str) -> HttpResponse:
        answer = client.post(address, form, headers={"X-Desk": "1"})
        seen[step] = plain(answer, known)
        return answer

    walk("held")
    act("answer", "/review/answer/", lease=lease, label="spam", seconds="5", stay="yes")
    walk("answered", whole=True, sends=True)
    others_can = _work(stage.others[:1], case, now)
    again = _lease(act("undo", "/review/undo/", lease=lease))
    walk("taken back")
    act("answer again", "/review/answer/", lease=again, label="spam", seconds="5", stay="yes")
    others_can += _work(stage.others, case, now)
    walk("others answered")
    now = at(NOW + timedelta(minutes=5))
    act("undo too late", "/review/undo/", lease=again)
    act("change", f"/cases/{case.pk}/amend/", label="ham", reason="I misread it")
    others_can += _work(stage.others, case, now)
    act("change back", f"/cases/{case.pk}/amend/", label="spam", reason="I did not")
    with _if_possible():
        amend_answer(case_id=case.pk, label="ham", reason="Seen", actor=stage.lead.as_actor(), now=now)
    act("change after a lead", f"/cases/{case.pk}/amend/", label="ham", reason="After all")
    with _if_possible():
        withdraw_case(case_id=case.pk, actor=TESTER, now=now)
    now = at(NOW + timedelta(days=4))
    sweep_overdue(now=now)
    walk("days later", whole=True)
    assert Review.objects.filter(case=case, reviewer=stage.reviewer, undone_at=None).get().label == "ham"
    assert (others_can > 0) == (max(probabilities or [0]) > 0.9), "only of audits are others asked"


SHOWN = (
    "/cases/",
    "/review/",
    "/review/recent/",
    "/review/waiting/",
    "/review/counts/",
    "/review/held/",
    "/profile/answers/",
)


def _work(people: list[User], case: Case, now: datetime) -> int:
    """Let others answer the case as long as they are asked about it; return how often they were."""
    answers = 0
    for other in people:
        actor = other.as_actor()
        while claimable_tasks(actor, now=now).filter(case=case).exists():
            Task.objects.exclude(case=case).update(priority=-1)
            say(other, "ham", at=now)
            answers += 1
        Task.objects.update(priority=0)
    return answers


@contextmanager
def _if_possible() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except (Conflict, Invalid):
        pass


def _lease(answer: Any) -> str:
    found = re.search(r'data-lease="([0-9a-f-]{36})"', answer.content.decode())
    assert found, answer.content.decode()
    return found[1]


def _known(stage: Stage, case: Case, filler: Case, lease: str) -> Known:
    release = stage.workflow.releases.get()
    certificate = Certificate.objects.get()
    task = Task.objects.get(case=case)
    nobody = "0190aaaa-0000-7000-8000-000000000000"
    filters = [*LIST_FILTERS, {"search": "order-1"}, {"search": str(case.pk)}, {"before": str(filler.pk)}]
    return Known(
        parts={
            "case_id": (str(case.pk), str(filler.pk)),
            "release_id": (str(release.pk),),
            "certificate_id": (str(certificate.pk),),
            "endpoint_id": (str(stage.endpoint.pk),),
            "key_id": (str(stage.key.id),),
            "task_id": (str(task.pk),),
            "lease": (lease,),
            "batch_id": (nobody,),
            "run_id": (nobody,),
            "period_id": (nobody,),
            "import_id": (nobody,),
            "recall_id": (nobody,),
            "replay_id": (nobody,),
            "form": ("csv",),
            "alarm_id": (nobody,),
            "source_id": (nobody,),
            "address": ("explanation/why-blind/",),
            "change_id": (nobody,),
            "slug": (stage.workflow.slug,),
            "person_id": (str(stage.reviewer.pk), str(stage.others[0].pk)),
            "sha256": ("0" * 64,),
            "digest": ("0" * 16,),
            "language": ("de",),
            "name": ("desk.css",),
            "object_id": (str(case.pk),),
            "id": ("1",),
            "url": ("no-such-page",),
            "app_label": ("cases",),
            "content_type_id": ("1",),
        },
        names={
            str(case.pk): "case",
            str(filler.pk): "other case",
            str(task.pk): "task",
            lease: "lease",
            str(release.pk): "release",
        },
        form={
            "case": str(case.pk),
            "task": str(task.pk),
            "lease": lease,
            "label": "ham",
            "reason": "unsure",
            "hours": "1",
            "with_skipped": "yes",
        },
        queries={"/cases/": filters, "/review/": [{"workflow": stage.workflow.slug}]},
    )


def differing(stage: Stage) -> dict[str, list[str]]:
    """Return by world what a reviewer sees otherwise in it than in the first."""
    lived = {world: live_through(stage, thought) for world, thought in WORLDS.items()}
    first = next(iter(lived.values()))
    assert len(first) > 300
    return {world: found for world, seen in lived.items() if (found := differences(first, seen))}


def test_nothing_that_a_reviewer_can_reach_tells_one_world_from_another(stage: Stage) -> None:
    assert differing(stage) == {}


@pytest.mark.parametrize("roles", [(Role.REVIEWER, Role.ADJUDICATOR, Role.BATCHER)])
def test_nor_does_it_for_whoever_adjudicates_as_well(stage: Stage, roles: tuple[str, ...]) -> None:
    stage.reviewer.roles = list(roles)
    stage.reviewer.save()
    stage.is_quick = True
    worlds = [live_through(stage, WORLDS[name]) for name in list(WORLDS)[2:]]
    assert [differences(worlds[0], each)[:5] for each in worlds[1:]] == [[], []]


def _tells_in_a_word(request: HttpRequest, case_id: Any) -> HttpResponse:
    return HttpResponse(Case.objects.get(pk=case_id).status)


def _tells_in_a_header(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"ETag": str(Decision.objects.filter(is_audited=True).count())})


def _tells_by_order(request: HttpRequest) -> HttpResponse:
    cases = Case.objects.order_by("decisions__score", "pk").values_list("pk", flat=True)
    return JsonResponse([str(pk) for pk in cases], safe=False)


def _tells_by_a_time(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Case.objects.order_by("received_at")[0].changed_at.isoformat())


def _tells_by_refusing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=409 if Task.objects.filter(slot=2).exists() else 204)


LEAKS = {
    "new/<uuid:case_id>/": _tells_in_a_word,
    "new/header/": _tells_in_a_header,
    "new/order/": _tells_by_order,
    "new/time/": _tells_by_a_time,
    "new/refusal/": _tells_by_refusing,
}


def test_a_new_page_that_tells_is_found_by_itself(stage: Stage) -> None:
    table = ModuleType("leaking_urls")
    leaking = [path(route, leak) for route, leak in LEAKS.items()]
    table.urlpatterns = [*leaking, *urls.urlpatterns]  # type: ignore[attr-defined]
    stage.is_quick = True
    with override_settings(ROOT_URLCONF=table):
        short = {name: WORLDS[name] for name in ("left to people, without a score", "an audit that does not")}
        (one, other) = (live_through(stage, thought) for thought in short.values())
    found = differences(one, other)
    assert all("/new/" in difference for difference in found), found
    for route in LEAKS:
        shown = f"/{route.replace('<uuid:case_id>', '<case>')}"
        assert any(f"GET {shown}:" in difference for difference in found), (shown, found)


def test_an_address_of_which_the_walker_knows_no_part_is_refused(stage: Stage) -> None:
    table = ModuleType("odd_urls")
    table.urlpatterns = [path("new/<int:audit>/", _tells_in_a_header)]  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=table), pytest.raises(UnknownPart):
        addresses(Known({}, {}, {}))
