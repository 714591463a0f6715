"""The Team pages. Each is about a limited time, and every number leads to its cases."""

from typing import Any

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from cases.models import Voiding
from hitl.accounts.models import User
from hitl.accounts.types import REVIEWING, SUPERVISING
from hitl.shared import clock
from hitl.shared.errors import NotAllowed, NotFound
from hitl.web.views import person as signed_in
from reviews.lead.guards import Asked, cases_url, labels_of, reader
from reviews.lead.plots import hours_plot, seconds_plot
from reviews.lead.tables import shown
from reviews.lead.too_few import because
from reviews.models import Review
from reviews.quality.agreement import Together, WorkflowAgreement, agreements
from reviews.quality.flags import flagged
from reviews.quality.now import at_risk, by_hour, lanes, who_is_on
from reviews.quality.people import confusions, labels, paces, people, seconds_of
from reviews.quality.window import Window
from science.agreement.shares import Share, TooFew

LAST = 12
MAX_PAIRS = 8
"""Compared answers below which people are not told how often theirs stood: fewer would tell which ones
were."""


@login_required
@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """Show who is active, what waits and what is late; the part that changes answers alone to a refresh."""
    reader(request)
    asked = Asked.of(request)
    moment = clock.now()
    waiting, here = lanes(now=moment), who_is_on(now=moment)
    context = {
        "now": moment,
        "lanes": waiting,
        "here": here,
        "risks": at_risk(now=moment),
        "waiting": sum(lane.waiting for lane in waiting),
        "overdue": sum(lane.overdue for lane in waiting),
        "soon": sum(lane.soon for lane in waiting),
        "last_hour": sum(one.last_hour for one in here),
    }
    if request.headers.get("HX-Request"):
        return render(request, "lead/live.html", context)
    hours = by_hour(now=moment)
    context |= {"hours": hours, "plot": hours_plot(hours) if hours.total else None}
    return render(request, "lead/now.html", context | asked.context(request))


@login_required
@require_GET
def everybody(request: HttpRequest) -> HttpResponse:
    """Show everybody's and every label's numbers of a time."""
    reader(request)
    asked = Asked.of(request)
    window = asked.window()
    names = {workflow.pk: workflow for workflow in asked.workflows}
    found = [(label, names[label.workflow_id]) for label in labels(window)]
    links = [
        cases_url(workflow=workflow.slug, said=label.label, disagreement="yes") for label, workflow in found
    ]
    context = {
        "people": people(window),
        "labels": [(label, workflow, link) for (label, workflow), link in zip(found, links, strict=True)],
    }
    return render(request, "lead/people.html", context | asked.context(request))


@login_required
@require_GET
def one(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show one person's answers: how fast, how right, and against what."""
    user = reader(request)
    whose = User.objects.filter(pk=person_id).first()
    if whose is None:
        raise NotFound()
    asked = Asked.of(request)
    window = asked.window(person_id=whose.pk)
    limits = paces(window)
    found = people(window, limits=limits)
    names = {workflow.pk: workflow for workflow in asked.workflows}
    tables = confusions(window, order=labels_of(asked.workflows))
    last = Review.objects.filter(reviewer=whose, submitted_at__gte=window.since)
    if asked.workflow:
        last = last.filter(task__workflow=asked.workflow)
    context = {
        "whose": whose,
        "quality": found[0] if found else None,
        "tables": [shown(t, names[t.workflow_id], reviewer=whose.username) for t in tables],
        "plot": _seconds(window, limits.values(), name=whose.username) if found else None,
        "last": last.select_related("case__workflow", "task").order_by("-submitted_at")[:LAST],
        "voidings": Voiding.objects.filter(reviewer=whose).select_related("workflow").order_by("-at")[:LAST],
        "void_url": _void_url(whose) if user.has_role(*SUPERVISING) else "",
        "cases_url": cases_url(
            reviewer=whose.username, workflow=asked.workflow.slug if asked.workflow else ""
        ),
        "disputed_url": cases_url(
            reviewer=whose.username,
            disagreement="yes",
            workflow=asked.workflow.slug if asked.workflow else "",
        ),
    }
    return render(request, "lead/person.html", context | asked.context(request))


def _void_url(whose: User) -> str:
    try:
        return reverse("void-answers", args=[whose.pk])
    except NoReverseMatch:  # the flow is not part of this deployment
        return ""


def _seconds(window: Window, limits: Any, *, name: str, with_others: bool = True) -> Any:
    others = Window(window.since, window.until, window.workflow_id, most=500)
    marks = [pace.too_fast_below for pace in limits] if with_others and window.workflow_id else []
    everybody_else = seconds_of(others) if with_others else None
    return seconds_plot(seconds_of(window), everybody_else, name=name, marks=marks)


@login_required
@require_GET
def agreement(request: HttpRequest) -> HttpResponse:
    """Show how far people agree, per workflow, which labels they confuse, and which cases to look at
    again."""
    reader(request)
    asked = Asked.of(request)
    names = {workflow.pk: workflow for workflow in asked.workflows}
    users = {user.pk: user.get_username() for user in User.objects.all()[:10_000]}
    sections = [
        _section(found, names[found.workflow_id], users) for found in agreements(asked.window(most=2_000))
    ]
    context = {"sections": sorted(sections, key=lambda section: section["workflow"].name)}
    return render(request, "lead/agreement.html", context | asked.context(request))


@login_required
@require_GET
def highlights(request: HttpRequest) -> HttpResponse:
    """Show which highlights misled people, and where a word is left out of the next model."""
    reader(request)
    asked = Asked.of(request)
    names = {workflow.pk: workflow for workflow in asked.workflows}
    found = [(one, names[one.workflow_id]) for one in flagged(asked.window())]
    return render(request, "lead/highlights.html", {"flagged": found} | asked.context(request))


def _section(found: WorkflowAgreement, workflow: Any, users: dict[int, str]) -> dict[str, Any]:
    together = found.together if isinstance(found.together, Together) else None
    pairs = []
    for pair in found.pairs[:MAX_PAIRS]:
        counted = pair.found
        share = Share(counted.split, counted.of, counted.share, counted.low, counted.high)
        link = cases_url(workflow=workflow.slug, said=pair.one, also_said=pair.other)
        alpha = None if np.isnan(counted.alpha) else counted.alpha
        pairs.append({"one": pair.one, "other": pair.other, "share": share, "alpha": alpha, "href": link})
    return {
        "workflow": workflow,
        "alpha": found.alpha,
        "pairs": pairs,
        "together": together,
        "too_few": because(found.together) if isinstance(found.together, TooFew) else "",
        "people": [(p, users.get(p.person_id, "")) for p in together.people] if together else [],
    }


@login_required
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """Show people their own numbers: how much and how fast.

    How often cases came out as they said is for leads: a share that moves with one answer tells what came of
    it, and so which cases were read twice, known beforehand or audits.

    Raises:
        NotAllowed: the person does not review.
    """
    user = signed_in(request)
    if not user.has_role(*REVIEWING):
        raise NotAllowed("Only people who review have answers of their own.")
    asked = Asked.of(request)
    window = asked.window(person_id=user.pk)
    found = people(window)
    quality = found[0] if found else None
    context = {
        "quality": quality,
        "plot": _seconds(window, (), name=gettext("you"), with_others=False) if quality else None,
    }
    return render(request, "lead/own.html", context | asked.context(request))
