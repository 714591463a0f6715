"""Pages that take in a labelled history from a file, show how far that is, and ask where rows do not fit."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from cases.files.refusals import Reason, Refusals
from cases.models import FileImport, Workflow
from cases.selectors import file_import_of
from cases.types import FileImportStatus
from hitl.accounts.automation import RAISERS
from hitl.flow.doors.pages.forms import FileForm
from hitl.flow.doors.pages.guards import for_administrators
from hitl.flow.doors.pages.workflows import find
from hitl.flow.reading.beginning import Beginning
from hitl.flow.setup.file_imports import drop, give_file, go_on, take_in_file
from hitl.flow.setup.import_history import Outcome
from hitl.flow.setup.rehearsal import ALLOWED
from hitl.shared import clock
from hitl.shared.errors import Conflict, NotFound, Problem
from hitl.shared.given import whole_number
from hitl.shared.words import shown
from hitl.web.views import actor_of

MAX_A_WEEK = 10_000_000  # cases that somebody may say come in
_AT_ONCE = 256 * 1024  # bytes of a file that is taken in while the page waits
_PLAIN = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt", ".tab")  # what holds no more than it weighs


@for_administrators
@require_POST
def import_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Take in a labelled history: a small file at once, a larger one by a worker."""
    found = find(slug)
    form = FileForm(request.POST, request.FILES)
    if "file" not in request.FILES:
        messages.error(request, gettext("Choose a file first."))
        return redirect("workflow", slug=slug)
    if not form.is_valid():
        messages.error(request, gettext("This does not fit: %(errors)s") % {"errors": form.errors.as_text()})
        return redirect("workflow", slug=slug)
    upload, now = form.cleaned_data["file"], clock.now()
    row = give_file(
        workflow=found,
        file=upload,
        told=form.told(),
        attest=request.POST.get("attest") == "on",
        all_new=request.POST.get("all_new") == "on",
        allow=form.cleaned_data["allow_refused"] or ALLOWED,
        actor=actor_of(request),
        now=now,
    )
    if upload.size <= _AT_ONCE and Path(upload.name.lower()).suffix in _PLAIN:
        take_in_file(import_id=row.id, now=now)
        row.refresh_from_db()
        if row.status == FileImportStatus.FAILED:
            for sentence in row.reason.split("\n")[:5]:
                messages.error(request, shown(sentence))
            return redirect("workflow", slug=slug)
    return redirect("workflow-imported", slug=slug, import_id=row.id)


@for_administrators
@require_GET
def imported(request: HttpRequest, slug: str, import_id: UUID) -> HttpResponse:
    """Show how far an import is, what it asks, or what came of it."""
    return render(request, "workflows/imported.html", beginning_context(request, find(slug), import_id))


@for_administrators
@require_GET
def live(request: HttpRequest, slug: str, import_id: UUID) -> HttpResponse:
    """Show the part of that page that changes."""
    return render(request, "workflows/imported_live.html", beginning_context(request, find(slug), import_id))


@for_administrators
@require_POST
def answer(request: HttpRequest, slug: str, import_id: UUID) -> HttpResponse:
    """Say whether an import goes on without the rows that do not fit."""
    found = find(slug)
    row = _row(found, import_id)
    try:
        if request.POST.get("answer") == "continue":
            go_on(import_id=row.id, allow=1.0, now=clock.now())
        else:
            drop(import_id=row.id, now=clock.now())
    except Conflict:
        messages.error(request, gettext("It does not ask any more."))
    return redirect("workflow-imported", slug=slug, import_id=row.id)


def _row(found: Workflow, import_id: UUID) -> FileImport:
    row = file_import_of(found.id, import_id)
    if row is None:
        raise NotFound("There is no such import.")
    return row


def beginning_context(request: HttpRequest, found: Workflow, import_id: UUID) -> dict[str, Any]:
    """Return what the page of an import shows: how far it is, and what has followed from it."""
    row, actor = _row(found, import_id), actor_of(request)
    a_week = whole_number(request.GET.get("a_week", ""), most=MAX_A_WEEK)
    begins = Beginning(
        found,
        row.given_at,
        clock.now(),
        is_coming_in=row.is_active,
        has_come_in=row.status == FileImportStatus.DONE,
        said_a_week=a_week or None,
    )
    said = shown(row.reason).split("\n")
    return {
        "workflow": found,
        "row": row,
        "outcome": outcome_of(row),
        "said": said,
        "asked": said[0],
        "details": said[1:-1],
        "begins": begins,
        "automation": begins.automation,
        "may_raise": actor.has(*RAISERS),
    }


def outcome_of(row: FileImport) -> Outcome:
    """Return what became of the rows, as the service said it."""
    reasons = [
        Reason(each["line"], Problem(field=each["field"], error=each["error"], fix=each["fix"]), each["rows"])
        for each in row.reasons
    ]
    return Outcome(
        taken=row.taken,
        known=row.known,
        refused=row.refused,
        reasons=Refusals.of(reasons),
        notes=tuple(row.notes),
    )
