"""The promise page, and the evidence of a certificate as a file."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from cases.access import watched_workflow
from hitl.accounts.automation import LOWERERS, RAISERS
from hitl.shared import clock
from hitl.shared.errors import NotFound
from hitl.shared.numbers import number
from hitl.web.format import exact_time
from hitl.web.views import actor_of
from monitoring.promise.ladder import next_step
from monitoring.promise.page import promise_page_of
from monitoring.promise.what_if import ROWS
from monitoring.watch.budget.selectors import closed_period
from monitoring.watch.budget.view import evidence_of
from policy.models import Certificate, Trial
from policy.services.digest import check_digests

_DAY = timedelta(days=1)
_MAY = {"may_raise": RAISERS, "may_lower": LOWERERS}
_TRIAL_FIELDS = (
    "kind",
    "frozen_at",
    "plans",
    "evidence",
    "states",
    "n_labels",
    "n_wrong",
    "n_overdue",
    "ended_at",
    "outcome",
    "reason",
)


@login_required
@require_GET
def promise_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show whether the promise is kept, what proves it, and what would change it."""
    actor = actor_of(request)
    page = promise_page_of(watched_workflow(actor, slug), now=clock.now())
    may = {role: actor.has(*roles) for role, roles in _MAY.items()}
    shown = {"page": page, "automation": page.automation, "rows": ROWS, "actor": actor}
    return render(request, "promise/page.html", shown | may)


@login_required
@require_GET
def evidence(request: HttpRequest, slug: str, certificate_id: UUID) -> HttpResponse:
    """Return what recomputes a certificate, as JSON; its labels are in the export of labels."""
    workflow = watched_workflow(actor_of(request), slug)
    certificate = Certificate.objects.filter(pk=certificate_id, workflow=workflow).first()
    if certificate is None:
        raise NotFound
    trial = Trial.objects.filter(certificate=certificate).first()
    content: dict[str, Any] = {"id": str(certificate.pk), **model_to_dict(certificate)}
    content["trial"] = {name: getattr(trial, name) for name in _TRIAL_FIELDS} if trial else None
    response = JsonResponse(content, json_dumps_params={"indent": 1})
    response["Content-Disposition"] = f'attachment; filename="{slug}-certificate-{certificate.pk}.json"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_GET
def budget_evidence(request: HttpRequest, slug: str, period_id: UUID) -> HttpResponse:
    """Return what computes a closed period's verdict again, as JSON."""
    workflow = watched_workflow(actor_of(request), slug)
    period = closed_period(workflow.id, period_id)
    if period is None:
        raise NotFound
    response = JsonResponse(evidence_of(period), json_dumps_params={"indent": 1})
    name = f"{slug}-budget-{period.begins_at:%Y-%m-%d}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def check_decisions(request: HttpRequest, slug: str) -> HttpResponse:
    """Recompute the digests of the last day's decisions, and say whether any of them was changed since."""
    workflow = watched_workflow(actor_of(request), slug)
    checked = check_digests(workflow_id=workflow.id, since=clock.now() - _DAY)
    if checked.changed is not None:
        words = gettext(
            "Decisions up to %(until)s differ from what the audit log recorded. Look into it at once."
        )
        messages.error(request, words % {"until": exact_time(checked.changed)})
    elif not checked.decisions:
        messages.info(request, gettext("The audit log has no hash of the last day's decisions yet."))
    else:
        words = (
            ngettext(
                "%(n)s decision of the last day, all that the audit log covers, is unchanged.",
                "%(n)s decisions of the last day, all that the audit log covers, are unchanged.",
                checked.decisions,
            )
            if checked.is_all
            else gettext(
                "%(n)s decisions of the last day, the latest that the audit log covers, are unchanged."
            )
        )
        messages.success(request, words % {"n": number(checked.decisions)})
    return redirect("promise-page", slug=slug)


@login_required
@require_GET
def why_not_higher(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is missing for the degree above, as a part of the automation page."""
    step = next_step(watched_workflow(actor_of(request), slug), now=clock.now())
    return render(request, "promise/next_step.html", {"step": step})
