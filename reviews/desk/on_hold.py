"""Requests of the desk about cases that are not answered now: hold, go on with one on hold, escalate."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, Problem
from hitl.shared.given import posted_id
from hitl.shared.words import Words
from hitl.web.views import person
from reviews.desk.glance import glances
from reviews.desk.guards import choice_of, desk_door, lease_of
from reviews.desk.preferences import template_keys
from reviews.desk.stage import or_stay, stage
from reviews.selectors import on_hold
from reviews.services import skip_hold_escalate

HOLD_TIMES = (
    (1, gettext_lazy("For an hour")),
    (4, gettext_lazy("For four hours")),
    (24, gettext_lazy("Until tomorrow")),
    (72, gettext_lazy("For three days")),
)


@require_POST
@desk_door
def hold(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Hold the case and show the next one."""
    now, choice = clock.now(), choice_of(request)
    try:
        hours = float(request.POST.get("hours", ""))
        until = now + timedelta(hours=hours)
    except (ValueError, OverflowError):
        fix = Words("Send the hours as a number.")
        raise Invalid([Problem(field="hours", error="is not a number", fix=fix)]) from None
    skip_hold_escalate.hold(lease_token=lease_of(request), actor=actor, now=now, until=until)
    return or_stay(request, actor, workflow=choice.workflow, ids=choice.ids, now=now)


@require_GET
@desk_door
def held(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the cases that the person has on hold."""
    tasks = on_hold(actor)
    said = glances([task.case for task in tasks])
    rows = [{"task": task, "preview": said[task.case_id]} for task in tasks]
    return render(request, "desk/held.html", {"tasks": rows, "keys": template_keys(person(request))})


@require_POST
@desk_door
def resume(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show a case again that the person has on hold."""
    now, choice = clock.now(), choice_of(request)
    fix = Words("Choose one of those you have on hold.")
    task_id = posted_id(request, "task", error=Words("is not a case on hold"), fix=fix)
    found = skip_hold_escalate.unhold(task_id=task_id, actor=actor, now=now)
    return stage(request, actor, found, workflow=choice.workflow, ids=choice.ids, now=now)


@require_POST
@desk_door
def escalate(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Pass the case up to the adjudicators and show the next one."""
    now, choice = clock.now(), choice_of(request)
    reason = request.POST.get("reason", "")
    skip_hold_escalate.escalate(lease_token=lease_of(request), reason=reason, actor=actor, now=now)
    return or_stay(request, actor, workflow=choice.workflow, ids=choice.ids, now=now)
