"""A workflow's metrics, worst first, and the page of one of them."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET

from cases.access import watched_workflow
from hitl.shared import clock
from hitl.shared.errors import NotFound
from hitl.web.views import actor_of
from monitoring.alarms.routes import may_own, owner_words, route_of
from monitoring.alarms.rules import contract_in_force, rule_history, rules_in_force
from monitoring.alarms.selectors import alarms_by_metric, of_metric
from monitoring.alarms.set_rule import SETTING
from monitoring.drift.compared import compared
from monitoring.drift.metrics import metrics_now
from monitoring.drift.selectors import course_of, courses, last_checks, latest_readings
from monitoring.types import CountFamily, MetricKey, Reference
from monitoring.web.rules import shown_proposals
from monitoring.web.shown import (
    FAMILY_WORDS,
    ShownAlarm,
    ShownMetric,
    ShownReading,
    course_plot,
    metric_address,
    rank,
)

HINTS = {
    CountFamily.INPUT: gettext_lazy("What is counted of the fields of every case that comes in."),
    CountFamily.OUTPUT: gettext_lazy("What the model says of the cases, and who decides them."),
    CountFamily.PEOPLE: gettext_lazy("What people answer, and how long it takes."),
}


@login_required
@require_GET
def workflow_metrics(request: HttpRequest, slug: str) -> HttpResponse:
    """Show every metric of a workflow, by family, the worst first."""
    workflow, now = watched_workflow(actor_of(request), slug), clock.now()
    metrics = metrics_now(workflow.pk)
    latest = latest_readings([workflow.pk], now=now).get(workflow.pk, {})
    lines, alarms = courses(workflow.pk, now=now), alarms_by_metric(workflow.pk)
    shown = [
        ShownMetric(
            slug=workflow.slug,
            metric=metric,
            readings={where: latest[key, where] for where in Reference if (key, where) in latest},
            course=lines.get(key, []),
            alarm=alarms.get(key),
        )
        for key, metric in metrics.items()
    ]
    families = [
        {"name": FAMILY_WORDS[family], "hint": HINTS[family], "metrics": _worst_first(shown, family)}
        for family in CountFamily
    ]
    context = {
        "workflow": workflow,
        "families": [one for one in families if one["metrics"]],
        "checked": last_checks([workflow.pk]).get(workflow.pk),
        "proposals": shown_proposals(workflow),
        "may_set": actor_of(request).has(*SETTING),
        **_route(workflow.pk),
    }
    return render(request, "monitoring/metrics.html", context)


@login_required
@require_GET
def metric(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the course of one metric, and then and now beside each other."""
    workflow = watched_workflow(actor_of(request), slug)
    if "measure" not in request.GET:
        return redirect("monitoring", slug=slug)
    key = MetricKey(*(request.GET.get(name, "") for name in MetricKey._fields))
    found = metrics_now(workflow.pk).get(key)
    if found is None:
        raise NotFound("There is no such metric in this workflow.")
    wanted = request.GET.get("reference", "")
    reference = Reference(wanted) if wanted in Reference.values else Reference.BEFORE
    course = course_of(workflow.pk, key, reference)
    alarms = of_metric(workflow.pk, key, reference)
    last = course[-1] if course else None
    context = {
        "workflow": workflow,
        "metric": found,
        "family": FAMILY_WORDS[key.family],
        "reading": ShownReading(last, found) if last else None,
        "compared": compared(found, last) if last else None,
        "plot": course_plot(course, workflow, found.words) if len(course) > 1 else None,
        "alarms": [ShownAlarm(one, found.words) for one in alarms],
        "rules": rule_history(workflow.pk, key, reference),
        "contract": contract_in_force(rules_in_force(workflow.pk), key, reference),
        "reference": reference,
        "may_set": actor_of(request).has(*SETTING),
        "tabs": [
            {
                "words": gettext("Against %(reference)s") % {"reference": one.label},
                "href": metric_address(workflow.slug, key, one),
                "is_current": one == reference,
            }
            for one in Reference
            if one == Reference.BEFORE or key.family == CountFamily.INPUT
        ],
    }
    return render(request, "monitoring/metric.html", context)


def _route(workflow_id: UUID) -> dict[str, object]:
    """Return who is told of the workflow's alarms, and who could be."""
    route = route_of(workflow_id)
    return {
        "route": route,
        "owner": owner_words(route),
        "may_own": may_own(),
        "mail_is_on": settings.MAIL_IS_ON,
    }


def _worst_first(shown: Sequence[ShownMetric], family: str) -> list[ShownMetric]:
    some = [(one.worst, one) for one in shown if one.metric.key.family == family]
    read = [(rank(worst.reading), place, one) for place, (worst, one) in enumerate(some) if worst]
    return [one for *_, one in sorted(read, key=lambda item: item[:2])]
