"""What data a workflow's model lacks: the last study, its list as a file, and what people do with it."""

import csv
import io
import json
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET

from cases.access import watched_workflow
from cases.files.exports import guarded
from cases.models import Workflow
from hitl.audit.log import record
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, Invalid, NotFound, Problem, in_words
from hitl.shared.numbers import number
from hitl.shared.words import Words, shown
from hitl.web.views import actor_of
from models_store.web.actions import Refused, acts
from monitoring.maintain.asked import ACTIVE, ASKING, ask_for_study, last_done, last_study
from monitoring.models import DataStudy
from monitoring.types import StudyStatus
from monitoring.web.data_shown import COLUMNS, ShownStudy, wanted_rows
from reviews.services.first import ask_first

WHY = Words("their answers are worth the most to the next model")


@login_required
@require_GET
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the last study found, and how far the next one is."""
    actor = actor_of(request)
    workflow = watched_workflow(actor, slug)
    last, done = last_study(workflow.pk), last_done(workflow.pk)
    is_running = last is not None and last.status in ACTIVE
    if request.headers.get("HX-Request") == "true":
        response = render(request, "monitoring/data_progress.html", _running(workflow, last))
        if not is_running:
            response["HX-Refresh"] = "true"
        return response
    context = {
        "workflow": workflow,
        **_running(workflow, last if is_running else None),
        "failed": last if last is not None and last.status == StudyStatus.FAILED else None,
        "study": ShownStudy(done, actor) if done else None,
        "may_ask": actor.has(*ASKING),
    }
    return render(request, "monitoring/data.html", context)


def _running(workflow: Workflow, study: DataStudy | None) -> dict[str, Any]:
    step = (shown(study.step) or study.get_status_display()) if study else ""
    return {"workflow": workflow, "running": study, "step": step}


@acts
def study(request: HttpRequest, actor: Actor, slug: str) -> tuple[str, str]:
    """Study the data anew, or put the chosen cases first in the queue."""
    workflow, now = watched_workflow(actor, slug), clock.now()
    back = reverse("data-needed", args=[slug])
    wanted = request.POST.get("action", "")
    try:
        if wanted == "study":
            ask_for_study(workflow=workflow, actor=actor, now=now)
            return back, gettext("A worker studies the data. This page says how far it is.")
        if wanted == "first":
            done = last_done(workflow.pk)
            cases = done.found["wanted"]["cases"] if done else []
            tasks = [UUID(case["task"]) for case in cases]
            n = ask_first(workflow=workflow, task_ids=tasks, why=WHY, actor=actor, now=now)
            if not n:
                return back, gettext("None of them still waits behind.")
            said = ngettext(
                "%(n)s case goes before the others now.", "%(n)s cases go before the others now.", n
            )
            return back, said % {"n": number(n)}
    except NotFound:
        raise
    except HitlError as refused:
        raise Refused(back, in_words(refused)) from None
    raise Refused(back, [gettext("Use one of study, first.")])


@login_required
@require_GET
def wanted_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Send the list of the cases worth a label as a file; that somebody took it is in the log first."""
    actor = actor_of(request)
    workflow = watched_workflow(actor, slug)
    if form not in ("csv", "json"):
        raise Invalid([Problem(field="format", error="is unknown", fix="Use csv or json.")])
    done = last_done(workflow.pk)
    if done is None:
        raise NotFound("There is no study of this workflow's data yet.")
    rows = wanted_rows(done, base=request.build_absolute_uri("/").rstrip("/"))
    with transaction.atomic():
        detail = {"what": Words("the cases worth a label"), "format": form, "study": str(done.pk)}
        record(action="export.taken", actor=actor, now=clock.now(), about=workflow, detail=detail)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    response = HttpResponse(_written(rows, form), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="worth-a-label-{slug}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


def _written(rows: list[dict[str, Any]], form: str) -> str:
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
    text = io.StringIO(newline="")
    lines = csv.DictWriter(text, COLUMNS)
    lines.writeheader()
    lines.writerows(
        {name: guarded(value) if isinstance(value, str) else value for name, value in row.items()}
        for row in rows
    )
    return text.getvalue()
