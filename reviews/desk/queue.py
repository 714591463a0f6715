"""Requests of the desk about the queue: enter, next, look ahead, keep, leave, skip, take again."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from hitl.accounts.types import Role
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import Problem
from hitl.shared.given import BadParameter, posted_id, whole_number
from hitl.shared.words import Words
from hitl.web.views import person
from reviews.desk.guards import (
    choice_of,
    desk_door,
    is_script,
    lease_of,
    leases_of,
)
from reviews.desk.on_hold import HOLD_TIMES
from reviews.desk.preferences import comfort_of, key_deeds
from reviews.desk.stage import current_stage, next_stage, or_stay, stage, stage_html, stage_of
from reviews.models import Task
from reviews.selectors import answered_today, choices_for, has_work
from reviews.services import leases, queue, skip_hold_escalate
from reviews.types import MAX_AHEAD, MAX_COMMENT, MAX_ESCALATION, SkipReason, TaskStatus


@require_GET
@desk_door
def desk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the desk with the case the person holds, or the next one."""
    now, choice = clock.now(), choice_of(request)
    workflow, ids = choice
    leased = current_stage(actor, ids=ids, now=now)
    user = person(request)
    context = {
        **stage_of(request, actor, leased, workflow=workflow, ids=ids, now=now),
        "choices": choices_for(actor, now=now),
        "answered_today": answered_today(actor, now=now),
        "skip_reasons": SkipReason.choices,
        "hold_times": HOLD_TIMES,
        "undo_seconds": settings.UNDO_SECONDS,
        "most_comment": MAX_COMMENT,
        "most_escalation": MAX_ESCALATION,
        "key_deeds": key_deeds(user),
        "may_batch": actor.has(Role.REVIEWER) and actor.has(Role.BATCHER),
        "comfort": " ".join(comfort_of(user)),
    }
    response = render(request, "desk/desk.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@desk_door
def next_case(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Hand out the next case; what was skipped as well, if asked for."""
    now, choice = clock.now(), choice_of(request)
    if request.POST.get("with_skipped"):
        skip_hold_escalate.end_skips(actor=actor, now=now)
    if not is_script(request):
        return redirect(choice.url)
    return next_stage(request, actor, workflow=choice.workflow, ids=choice.ids, now=now)


@require_GET
@desk_door
def waiting(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tell an empty desk whether there is something to do."""
    ids = choice_of(request).ids
    return JsonResponse({"has_work": has_work(actor, workflow_ids=ids, now=clock.now())})


@require_GET
@desk_door
def counts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tell how many cases wait for the person in each workflow that they may choose, as people read it."""
    found = {choice.slug: choice.words for choice in choices_for(actor, now=clock.now())}
    return JsonResponse({"counts": found}, headers={"Cache-Control": "no-store"})


@require_POST
@desk_door
def ahead(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Lease up to `most` further cases for a short while, so that the page can show the next at once."""
    now, choice = clock.now(), choice_of(request)
    most = whole_number(request.POST.get("most", str(MAX_AHEAD)), most=MAX_AHEAD)
    if most is None:
        fix = Words("Send a number from 0 to %(most)s, or leave it out.", most=MAX_AHEAD)
        raise BadParameter([Problem(field="most", error="is no such number", fix=fix)])
    taken = queue.claim_ahead(actor=actor, workflow_ids=choice.ids, now=now, most=most)
    cases = [
        {
            "lease": str(leased.lease_token),
            "lease_seconds": _seconds_left(leased.lease_until, now),
            "case": str(leased.case_id),
            "html": stage_html(request, actor, leased, workflow=choice.workflow, ids=None, now=now),
        }
        for leased in taken
    ]
    response = JsonResponse({"cases": cases})
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@desk_door
def renew(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Keep the case, and those ahead of it: somebody is at the page."""
    now = clock.now()
    until = leases.renew(lease_token=lease_of(request), actor=actor, now=now)
    others = ends_of(actor, leases_of(request, "ahead"), now=now)
    return JsonResponse(
        {
            "lease_seconds": _seconds_left(until, now),
            "ahead": {str(lease): _seconds_left(end, now) for lease, end in others.items()},
        }
    )


def ends_of(actor: Actor, leases: list[UUID], *, now: datetime) -> dict[UUID, datetime]:
    """Return until when the person holds each of these leases; one that is lost is left out."""
    mine = Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED, lease_until__gt=now)
    leased = mine.filter(lease_token__in=leases)
    return {lease: end for lease, end in leased.values_list("lease_token", "lease_until") if lease and end}


def _seconds_left(until: datetime, now: datetime) -> int:
    return int((until - now).total_seconds())


@require_POST
@desk_door
def leave(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The page was hidden or closed: keep its case a short while, give back those ahead."""
    now = clock.now()
    for lease in leases_of(request, "lease"):
        leases.leave(lease_token=lease, actor=actor, now=now)
    for lease in leases_of(request, "ahead"):
        leases.give_back(lease_token=lease, actor=actor, now=now)
    return HttpResponse(status=204)


@require_POST
@desk_door
def give_back(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Put cases back in the queue."""
    for lease in leases_of(request, "lease"):
        leases.give_back(lease_token=lease, actor=actor, now=clock.now())
    return HttpResponse(status=204)


@require_POST
@desk_door
def skip(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Skip the case and show the next one."""
    now, choice = clock.now(), choice_of(request)
    reason = request.POST.get("reason", "")
    skip_hold_escalate.skip(lease_token=lease_of(request), reason=reason, actor=actor, now=now)
    return or_stay(request, actor, workflow=choice.workflow, ids=choice.ids, now=now)


@require_POST
@desk_door
def take_again(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show a case again whose lease has ended, if nobody else has taken it."""
    now, choice = clock.now(), choice_of(request)
    fix = Words("Send the id of the case on the page.")
    case_id = posted_id(request, "case", error=Words("is not the id of a case"), fix=fix)
    leased = queue.take_again(actor=actor, case_id=case_id, now=now)
    return stage(request, actor, leased, workflow=choice.workflow, ids=choice.ids, now=now)
