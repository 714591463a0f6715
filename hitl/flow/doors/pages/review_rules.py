"""The page on which an administrator says how a workflow's cases are reviewed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from cases.selectors import schema_in_force
from hitl.flow.doors.pages.guards import for_administrators
from hitl.flow.doors.pages.review_forms import ReviewRulesForm
from hitl.flow.doors.pages.workflows import find
from hitl.shared import clock
from hitl.shared.errors import Invalid
from hitl.web.views import actor_of
from reviews.models import ReviewRules
from reviews.services.rules import change_rules, rules_body


@for_administrators
@require_http_methods(["GET", "POST"])
def review_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and change the rules; cases that come in from now on follow them."""
    found = find(slug)
    rules = ReviewRules.objects.select_related("team").filter(workflow=found).first()
    labels = schema_in_force(found).label_names
    form = ReviewRulesForm(
        request.POST or None, rules=rules_body(rules or ReviewRules(workflow=found)), labels=labels
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_rules(workflow_id=found.pk, values=form.values(), actor=actor_of(request), now=clock.now())
        except Invalid as refused:
            form.refuse(refused)
        else:
            messages.success(request, gettext("Saved. Cases that come in from now on follow these rules."))
            return redirect("workflow", slug=slug)
    status = 422 if form.is_bound else 200
    return render(request, "workflows/review.html", {"workflow": found, "form": form}, status=status)
