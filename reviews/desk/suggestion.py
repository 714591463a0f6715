"""Requests of the desk for what is shown beside a case: suggestion, evidence, the person's own answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from cases.models import Case
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.web.views import person
from models_store.services.evidence import evidence_for
from models_store.services.precedents import precedents_for
from reviews.desk.glance import glances
from reviews.desk.guards import desk_door, lease_of
from reviews.desk.preferences import template_keys
from reviews.desk.stage import suggestion_of
from reviews.errors import LeaseExpired
from reviews.selectors import LeasedTask, answered_among, last_answers, leased_task_of
from reviews.services.answers import answer_first
from reviews.types import Mode

LAST = 100
_UNEXPLAINED = {"status": "unavailable", "highlights": []}
_TOLD = ("status", "target", "contrast", "highlights", "flips")


@require_POST
@desk_door
def first(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Store the person's first answer, given before they see anything; answer with the suggestion."""
    leased = answer_first(
        lease_token=lease_of(request), label=request.POST.get("label", ""), actor=actor, now=clock.now()
    )
    return _suggestion(request, leased)


@require_POST
@desk_door
def suggestion(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Answer with the suggestion, where it is shown when asked for."""
    leased = leased_task_of(actor, now=clock.now(), lease_token=lease_of(request))
    if leased is None or leased.mode != Mode.ON_DEMAND:
        raise LeaseExpired()
    return _suggestion(request, leased)


def _suggestion(request: HttpRequest, leased: LeasedTask) -> HttpResponse:
    context = {"leased": leased, "suggestion": suggestion_of(leased), "keys": template_keys(person(request))}
    response = render(request, "desk/suggestion.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@desk_door
def evidence(request: HttpRequest, actor: Actor, lease: UUID) -> HttpResponse:
    """Answer with what in the case speaks for and against the suggestion, and with cases like it.

    A blind case has no such page, nor one that is answered first, until it is.
    """
    now = clock.now()
    leased = leased_task_of(actor, now=now, lease_token=lease)
    if leased is None or leased.release_id is None or leased.suggestion is None:
        raise LeaseExpired()
    told = told_of(leased.case_id, leased.release_id, leased.suggestion, leased.runner_up, now=now)
    if leased.mode == Mode.ASSISTED:
        told["precedents"] = _precedents(leased.case_id, leased.release_id, actor)
    response = JsonResponse(told)
    response["Cache-Control"] = "no-store"
    return response


def told_of(
    case_id: UUID, release_id: UUID, suggestion: str, runner_up: str | None, *, now: datetime
) -> dict[str, Any]:
    """Return the evidence for a suggestion as the page's script reads it."""
    found: dict[str, Any] = _UNEXPLAINED
    if runner_up is not None:
        found = evidence_for(
            case_id=case_id, release_id=release_id, target=suggestion, contrast=runner_up, now=now
        )
    return {name: found.get(name) for name in _TOLD}


def _precedents(case_id: UUID, release_id: UUID, actor: Actor) -> list[dict[str, Any]]:
    """Cases that the person has answered are left out: what they count as tells what came of the answer."""
    found = precedents_for(
        case_id=case_id, release_id=release_id, leave_out=lambda ids: answered_among(ids, actor)
    )
    cases = Case.objects.filter(pk__in=[one.case_id for one in found]) if found else []
    said = glances(list(cases))
    return [
        {
            "preview": said[one.case_id],
            "label": one.label,
            "is_blind": one.is_blind,
            "url": reverse("case", args=[one.case_id]),
        }
        for one in found
        if one.case_id in said
    ]


@require_GET
@desk_door
def recent(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the person's last answers, each with a way to change it."""
    reviews = last_answers(actor, count=LAST)
    said = glances([review.case for review in reviews])
    rows = [{"review": review, "preview": said[review.case_id]} for review in reviews]
    return render(request, "desk/recent.html", {"answers": rows, "keys": template_keys(person(request))})
