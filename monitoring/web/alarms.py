"""The list of alarms, an alarm's page, and what people do there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET

from cases.access import watched_workflows
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, NotAllowed, NotFound, in_words
from hitl.shared.numbers import number
from hitl.shared.words import shown
from hitl.web.format import percent
from hitl.web.links import cases_between
from hitl.web.timeline import Entry
from hitl.web.views import actor_of
from models_store.web.actions import Refused, acts
from monitoring.alarms import answered
from monitoring.alarms.contract import CLEARS_AT, Contract
from monitoring.alarms.routes import owner_words, route_of
from monitoring.alarms.rules import contract_in_force, rules_in_force
from monitoring.alarms.selectors import alarm_of, alarms_of, history_of, key_of
from monitoring.drift.compared import compared
from monitoring.drift.metrics import metrics_now, words_of
from monitoring.drift.selectors import course_of, last_checks, reading_of, state_counts
from monitoring.types import AlarmStatus, Reference, Verdict
from monitoring.web.shown import ShownAlarm, ShownReading, course_plot, metric_address

CLOSED_SHOWN = 20
SILENCES = (
    (4, gettext_lazy("4 hours")),
    (24, gettext_lazy("a day")),
    (72, gettext_lazy("3 days")),
    (168, gettext_lazy("a week")),
    (672, gettext_lazy("4 weeks")),
)
_DONE = {
    "alarm.raised": (gettext_lazy("Raised"), "circle-alert", "bad"),
    "alarm.cleared": (gettext_lazy("Passed"), "circle-check", "good"),
    "alarm.acknowledged": (gettext_lazy("Acknowledged"), "eye", "accent"),
    "alarm.silenced": (gettext_lazy("Silenced"), "clock", ""),
    "alarm.silence_ended": (gettext_lazy("Open again"), "clock", ""),
    "alarm.closed": (gettext_lazy("Closed"), "check", "good"),
}


@login_required
@require_GET
def monitoring(request: HttpRequest) -> HttpResponse:
    """Show the alarms, open ones first, and where each workflow stands."""
    workflows = list(watched_workflows(_watcher(request)).filter(archived_at=None).order_by("name"))
    ids, now = [workflow.pk for workflow in workflows], clock.now()
    counts, checked = state_counts(ids, now=now), last_checks(ids)
    rows = alarms_of(ids)
    alarms = [
        *rows.exclude(status=AlarmStatus.CLOSED),
        *rows.filter(status=AlarmStatus.CLOSED)[:CLOSED_SHOWN],
    ]
    listed = [ShownAlarm(alarm, words_of(key_of(alarm))) for alarm in alarms]
    context = {
        "open": [one for one in listed if one.alarm.status != AlarmStatus.CLOSED],
        "closed": [one for one in listed if one.alarm.status == AlarmStatus.CLOSED],
        "workflows": [
            {"workflow": one, "states": counts.get(one.pk), "checked": checked.get(one.pk)}
            for one in workflows
        ],
    }
    return render(request, "monitoring/alarms.html", context)


@login_required
@require_GET
def alarm(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    """Show an alarm: what differs, since when, under which terms, and what can be done."""
    actor = _watcher(request)
    found = alarm_of(alarm_id)
    key, reference = key_of(found), Reference(found.reference)
    metric = metrics_now(found.workflow_id).get(key)
    reading = reading_of(found.workflow_id, key, reference, found.window_until)
    words = words_of(key)
    contract = contract_in_force(rules_in_force(found.workflow_id), key, reference)
    course = course_of(found.workflow_id, key, reference)
    context = {
        "shown": ShownAlarm(found, words),
        "contract": contract,
        "terms": _terms(contract, owner_words(route_of(found.workflow_id))),
        "reading": ShownReading(reading, metric) if reading and metric else None,
        "compared": compared(metric, reading) if reading and metric else None,
        "plot": course_plot(course, found.workflow, words) if len(course) > 1 else None,
        "metric_href": metric_address(found.workflow.slug, key, reference) if metric else "",
        "cases_href": cases_between(
            found.workflow.slug, found.window_from, found.window_until - timedelta(seconds=1)
        ),
        "history": [_entry(entry) for entry in history_of(found)],
        "runbook": f"monitoring/runbook_{contract.runbook}.html",
        "may_answer": actor.has(*answered.ANSWERING) and found.status != AlarmStatus.CLOSED,
        "silences": SILENCES,
        "verdicts": Verdict.choices,
    }
    return render(request, "monitoring/alarm.html", context)


@acts
def answer(request: HttpRequest, actor: Actor, alarm_id: UUID) -> tuple[str, str]:
    """Acknowledge an alarm, silence it, or close it."""
    back, now = reverse("alarm", args=[alarm_id]), clock.now()
    wanted, said = request.POST.get("action", ""), request.POST.get("note", "")
    try:
        if wanted == "acknowledge":
            answered.acknowledge_alarm(alarm_id=alarm_id, actor=actor, now=now)
            return back, gettext("Acknowledged: others see that you look at it.")
        if wanted == "silence":
            until = now + timedelta(hours=_hours(request))
            answered.silence_alarm(alarm_id=alarm_id, until=until, actor=actor, now=now, reason=said)
            return back, gettext("Silenced. It opens again by itself.")
        if wanted == "close":
            verdict = request.POST.get("verdict", "")
            answered.close_alarm(alarm_id=alarm_id, verdict=verdict, note=said, actor=actor, now=now)
            return back, gettext("Closed. What you found stays with it.")
    except NotFound:
        raise
    except HitlError as refused:
        raise Refused(back, in_words(refused)) from None
    raise Refused(back, [gettext("Use one of acknowledge, silence, close.")])


def _watcher(request: HttpRequest) -> Actor:
    """Return who asks; refuse whoever does not watch over the service."""
    actor = actor_of(request)
    if not watched_workflows(actor).query.is_empty():
        return actor
    raise NotAllowed("Monitoring is for leads, operators, administrators and auditors.")


def _hours(request: HttpRequest) -> int:
    given = request.POST.get("hours", "")
    return int(given) if given in {str(hours) for hours, _ in SILENCES} else 0


def _terms(contract: Contract, owner: str) -> list[tuple[str, str]]:
    of_check = {"share": percent(contract.rate, 0)}
    return [
        (gettext("Owner"), shown(owner)),
        (gettext("Compared with"), str(contract.reference.label)),
        (gettext("Fewest cases"), gettext("%(n)s on either side") % {"n": number(contract.min_cases)}),
        (gettext("Must come back"), contract.lasts),
        (
            gettext("False among the findings of one check"),
            gettext("at most %(share)s, on average") % of_check,
        ),
        (gettext("Smallest difference of interest"), percent(contract.least_effect)),
        (gettext("Clears"), gettext("below %(share)s of the threshold") % {"share": percent(CLEARS_AT, 0)}),
        (gettext("To be looked at"), str(contract.severity.label)),
    ]


def _entry(entry: Any) -> Entry:
    title, symbol, tone = _DONE.get(entry.action, (entry.action, "circle", ""))
    by = entry.actor_name if entry.actor_kind == "user" else ""
    note = entry.detail.get("note") or entry.detail.get("reason") or ""
    return Entry(entry.at, str(title), symbol, tone, by, note)
