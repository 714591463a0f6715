"""Doors of the desk that concern the queue: enter, next, keep, leave, skip, take again."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid
from models_store.services.evidence import evidence_for
from reviews.errors import LeaseExpired
from reviews.selectors import answered_today, choices_for, has_work, held_by, last_answers
from reviews.services import queue
from reviews.types import MAX_COMMENT, SkipReason
from reviews.web.doors import chosen_workflow, desk_door, desk_url, is_script, lease_of, workflow_ids
from reviews.web.stage import current_stage, next_stage, stage, stage_context

_UNEXPLAINED = {"status": "unavailable", "highlights": []}


@require_GET
@desk_door
def desk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the desk with the case the person holds, or the next one."""
    now, workflow = clock.now(), chosen_workflow(request)
    ids = workflow_ids(workflow)
    held = current_stage(actor, ids=ids, now=now)
    context = {
        **stage_context(actor, held, workflow=workflow, ids=ids, now=now),
        "choices": choices_for(actor),
        "answered_today": answered_today(actor, now=now),
        "skip_reasons": SkipReason.choices,
        "undo_seconds": settings.UNDO_SECONDS,
        "most_comment": MAX_COMMENT,
    }
    response = render(request, "desk/desk.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@desk_door
def next_case(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Hand out the next case; what was skipped as well, if asked for."""
    now, workflow = clock.now(), chosen_workflow(request)
    if request.POST.get("with_skipped"):
        queue.end_skips(actor=actor, now=now)
    if not is_script(request):
        return redirect(desk_url(workflow))
    return next_stage(request, actor, workflow=workflow, ids=workflow_ids(workflow), now=now)


@require_GET
@desk_door
def waiting(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tell a quiet desk whether there is something to do."""
    ids = workflow_ids(chosen_workflow(request))
    return JsonResponse({"has_work": has_work(actor, workflow_ids=ids, now=clock.now())})


@require_POST
@desk_door
def renew(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Keep the case: somebody is at the page."""
    now = clock.now()
    until = queue.renew(lease_token=lease_of(request), actor=actor, now=now)
    return JsonResponse({"lease_seconds": int((until - now).total_seconds())})


@require_POST
@desk_door
def leave(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The page was hidden or closed: keep the case for a short while only."""
    queue.leave(lease_token=lease_of(request), actor=actor, now=clock.now())
    return HttpResponse(status=204)


@require_POST
@desk_door
def give_back(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Put the case back in the queue."""
    queue.give_back(lease_token=lease_of(request), actor=actor, now=clock.now())
    return HttpResponse(status=204)


@require_POST
@desk_door
def skip(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Pass the case on to others and show the next one."""
    now, workflow = clock.now(), chosen_workflow(request)
    ids = workflow_ids(workflow)
    queue.skip(lease_token=lease_of(request), reason=request.POST.get("reason", ""), actor=actor, now=now)
    return next_stage(request, actor, workflow=workflow, ids=ids, now=now)


@require_POST
@desk_door
def take_again(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show a case again whose lease has ended, if nobody else has taken it."""
    now, workflow = clock.now(), chosen_workflow(request)
    try:
        case_id = UUID(request.POST.get("case", ""))
    except ValueError:
        fix = "Send the id of the case on the page."
        raise Invalid([{"field": "case", "error": "is not the id of a case", "fix": fix}]) from None
    held = queue.take_again(actor=actor, case_id=case_id, now=now)
    return stage(request, actor, held, workflow=workflow, ids=workflow_ids(workflow), now=now)


@require_GET
@desk_door
def evidence(request: HttpRequest, actor: Actor, lease: UUID) -> HttpResponse:
    """Answer with what in the case speaks for and against the suggestion; a blind case has no such page."""
    now = clock.now()
    held = held_by(actor, now=now, lease_token=lease)
    if held is None or held.release_id is None or held.suggestion is None:
        raise LeaseExpired()
    if held.runner_up is None:
        return JsonResponse(_UNEXPLAINED)
    found = evidence_for(
        case_id=held.case_id,
        release_id=held.release_id,
        target=held.suggestion,
        contrast=held.runner_up,
        now=now,
    )
    response = JsonResponse(
        {name: found.get(name) for name in ("status", "target", "contrast", "highlights")}
    )
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@desk_door
def recent(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the person's last answers, each with a way to change it."""
    return render(request, "desk/recent.html", {"answers": last_answers(actor, count=20)})
