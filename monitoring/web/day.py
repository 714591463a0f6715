"""What the model decided lately, for the automation page, which may not import this app."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases.access import watched_workflow
from hitl.shared import clock
from hitl.web.views import actor_of
from monitoring.tallies.traffic import traffic


@login_required
@require_GET
def day(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the automatic decisions of the last 24 hours by label, as a part of a page."""
    workflow = watched_workflow(actor_of(request), slug)
    seen = traffic(workflow_id=workflow.id, now=clock.now())
    most = max(seen.labels.values(), default=0)
    labels = [
        (label, count, count / most) for label, count in sorted(seen.labels.items(), key=lambda x: -x[1])
    ]
    return render(request, "monitoring/day.html", {"workflow": workflow, "traffic": seen, "labels": labels})
