"""The page of a workflow's life: its stages, what each still lacks, and the plan that it is measured by."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from hitl.accounts.automation import ANSWERABLE
from hitl.flow.doors.pages.guards import for_readers
from hitl.flow.doors.pages.workflows import find
from hitl.flow.reading.effort import effort_of
from hitl.flow.reading.stages import Stages, stages_of
from hitl.shared import clock
from hitl.shared.errors import HitlError, NotFound, in_words
from hitl.web.views import actor_of
from policy.services.plans import MAX_CASES, MAX_HOURS, Estimate, Wanted, make_plan


class PlanForm(forms.Form):
    """What is wanted of a workflow."""

    cases_a_week = forms.IntegerField(label=gettext_lazy("Cases a week"), min_value=1, max_value=MAX_CASES)
    hours_a_week = forms.FloatField(
        label=gettext_lazy("Hours a week that people have for reading"), min_value=0, max_value=MAX_HOURS
    )
    automated = forms.FloatField(
        label=gettext_lazy("Cases that models are to decide, %"), min_value=0, max_value=100
    )
    proved_by = forms.DateField(
        label=gettext_lazy("The promise is to be proved by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: no matter when."),
    )

    def wanted(self) -> Wanted:
        """Return what was said."""
        told = self.cleaned_data
        return Wanted(told["cases_a_week"], told["hours_a_week"], told["automated"] / 100, told["proved_by"])


@for_readers
@require_http_methods(["GET", "POST"])
def stages(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the stages of a workflow; keep what is wanted of it."""
    actor, workflow = actor_of(request), find(slug)
    shown = stages_of(workflow, now=clock.now())
    form = PlanForm(request.POST if request.method == "POST" else None, initial=_now_wanted(shown))
    if request.method == "POST" and form.is_valid():
        wanted = form.wanted()
        try:
            make_plan(
                workflow_id=workflow.pk,
                wanted=wanted,
                estimate=_estimate(shown, wanted),
                actor=actor,
                now=clock.now(),
            )
        except NotFound:
            raise
        except HitlError as refused:
            for words in in_words(refused):
                form.add_error(None, words)
        else:
            messages.success(request, gettext("The plan is kept, with what is to be expected now."))
            return redirect("workflow-stages", slug=slug)
    context = {
        "workflow": workflow,
        "shown": shown,
        "form": form,
        "may_plan": actor.has(*ANSWERABLE) and workflow.archived_at is None,
    }
    return render(request, "workflows/stages.html", context, status=422 if form.errors else 200)


def _now_wanted(shown: Stages) -> dict[str, object]:
    """Return what the form begins with: the last plan, else what is so now."""
    plan, effort = shown.seen.plan, shown.seen.effort
    if plan is None:
        return {"cases_a_week": effort.a_week, "hours_a_week": max(1, round(effort.hours)), "automated": 80}
    return {
        "cases_a_week": plan.cases_a_week,
        "hours_a_week": plan.hours_a_week,
        "automated": round(100 * plan.automated, 3),
        "proved_by": plan.proved_by,
    }


def _estimate(shown: Stages, wanted: Wanted) -> Estimate:
    effort = effort_of(shown.seen.page, said_a_week=wanted.cases_a_week)
    return Estimate(effort.at_once, effort.hours, effort.seconds, effort.proved_at)
