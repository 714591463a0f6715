"""The history of a workflow's models, as a part of their page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases.access import watched_workflow
from hitl.shared import clock
from hitl.web.views import actor_of
from monitoring.releases.past import past_of


@login_required
@require_GET
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who had which role when, over error and automation, and everything that happened as a table."""
    workflow = watched_workflow(actor_of(request), slug)
    context = {"workflow": workflow, "past": past_of(workflow, now=clock.now())}
    return render(request, "monitoring/history.html", context)
