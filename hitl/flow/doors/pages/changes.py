"""What changed: releases, terms, alarms, cutoffs and people, in sentences; a page, and a part of others."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from cases.access import watched_workflow
from hitl.flow.doors.pages.guards import for_readers
from hitl.flow.reading.changes import changes_since
from hitl.shared import clock
from hitl.web.views import actor_of

DAYS = {
    "1": {
        "tab": gettext_lazy("Since yesterday"),
        "title": gettext_lazy("What changed since yesterday"),
        "nothing": gettext_lazy("No model, no promise, no cutoffs, no alarm, no people since yesterday."),
        "all": gettext_lazy("All that changed since yesterday"),
    },
    "7": {
        "tab": gettext_lazy("In the last week"),
        "title": gettext_lazy("What changed in the last week"),
        "nothing": gettext_lazy("No model, no promise, no cutoffs, no alarm, no people in the last week."),
        "all": gettext_lazy("All that changed in the last week"),
    },
    "30": {
        "tab": gettext_lazy("In the last 30 days"),
        "title": gettext_lazy("What changed in the last 30 days"),
        "nothing": gettext_lazy("No model, no promise, no cutoffs, no alarm, no people in the last 30 days."),
        "all": gettext_lazy("All that changed in the last 30 days"),
    },
}
IN_A_PART = 12


@require_GET
@for_readers
def what_changed(request: HttpRequest) -> HttpResponse:
    """Show what changed since yesterday, or in more days; to htmx the latest of it, as a part."""
    actor, slug = actor_of(request), request.GET.get("workflow", "")
    workflow = watched_workflow(actor, slug) if slug else None
    days = request.GET.get("days", "")
    days = days if days in DAYS else "1"
    is_part = request.headers.get("HX-Request") == "true"
    since = clock.now() - timedelta(days=int(days))
    address = f"{reverse('changes')}?workflow={slug}&" if workflow else f"{reverse('changes')}?"
    context = {
        "workflow": workflow,
        "shown": DAYS[days],
        "changes": changes_since(since, workflow=workflow, **({"most": IN_A_PART} if is_part else {})),
        "all_href": f"{address}days={days}",
        "tabs": [
            {"words": words["tab"], "href": f"{address}days={each}", "is_current": each == days}
            for each, words in DAYS.items()
        ],
    }
    return render(request, "changes/part.html" if is_part else "changes/page.html", context)
