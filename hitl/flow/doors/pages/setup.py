"""Pages that create a workflow, from a file or by hand, and change its texts, fields and labels."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from cases.files.proposal import check_new
from cases.files.reading import Reading, look_at
from cases.files.told import NONE
from cases.models import Workflow
from cases.selectors import schema_in_force
from cases.services.grants import grant_workflows
from cases.services.label_properties import MAX_LABELS
from cases.services.workflows import change_schema, describe_workflow
from hitl.accounts.keys import create_key
from hitl.accounts.types import Scope
from hitl.flow.doors.pages.forms import (
    FileForm,
    KeptFileForm,
    NewWorkflowForm,
    SchemaForm,
    WordsForm,
    with_more_rows,
)
from hitl.flow.doors.pages.guards import for_administrators, unkept
from hitl.flow.doors.pages.imports import beginning_context
from hitl.flow.doors.pages.workflows import find
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.examples import curl_line
from hitl.flow.setup.file_imports import first_content, keep_file, shown_reasons, take_up
from hitl.flow.setup.from_file import named_after, slug_of
from hitl.flow.setup.import_history import Outcome
from hitl.flow.setup.rehearsal import ALLOWED, Source, rehearse
from hitl.shared import clock
from hitl.shared.errors import Conflict, HitlError, Invalid, in_words
from hitl.shared.words import shown
from hitl.web.views import actor_of
from science.fields import Schema

_FORM = "workflows/form.html"


@for_administrators
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a workflow: choose a file or an empty form, see what was guessed, change it, save it."""
    if request.method == "POST":
        if "file" in request.FILES:
            return _from_file(request)
        return _more_rows(request, NewWorkflowForm, kept=_kept(request)) or _create(request)
    if "empty" in request.GET:
        return _form(request, NewWorkflowForm(), SchemaForm())
    return render(request, "workflows/new.html", {"form": FileForm()})


def _from_file(request: HttpRequest) -> HttpResponse:
    upload: Any = request.FILES["file"]
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "workflows/new.html", {"form": form}, status=422)
    try:
        source = form.source()
        with source.open() as table:
            reading = look_at(table, source.told)
        trouble = _trouble(reading)
        outcome = None if trouble else _outcome(source)
        told = replace(
            source.told, label=reading.label, reference=reading.reference or NONE, time=reading.time or NONE
        )
        row = keep_file(
            file=upload,
            told=told,
            allow=form.cleaned_data["allow_refused"] or ALLOWED,
            actor=actor_of(request),
            now=clock.now(),
        )
    except HitlError as refused:
        for sentence in in_words(refused):
            form.add_error("file", sentence)
        return render(request, "workflows/new.html", {"form": form}, status=422)
    name = named_after(str(upload.name))
    words = NewWorkflowForm(initial={"name": name.capitalize()[:100], "slug": slug_of(name)})
    fields = [{**field, "held": reading.held[field["name"]]} for field in reading.fields]
    labels = [{"name": name, "rows": reading.counts[name]} for name in reading.labels[:MAX_LABELS]]
    return _form(
        request,
        words,
        SchemaForm(fields=fields, labels=labels),
        file=upload.name,
        kept=KeptFileForm(initial={"kept": row.id, "take": True}),
        reading=reading,
        outcome=outcome,
        reasons=shown_reasons(outcome) if outcome else [],
        trouble=trouble,
    )


def _trouble(reading: Reading) -> list[str]:
    """Return in words why no workflow can be made of a file as it was read."""
    try:
        check_new(reading)
    except Invalid as refused:
        return in_words(refused)
    return []


def _outcome(source: Source) -> Outcome:
    """Return what would become of the file's rows in a workflow as it is proposed."""
    return rehearse(source, workflow=None, now=clock.now(), allow=1.0).outcome


def _create(request: HttpRequest) -> HttpResponse:
    words, schema, kept = NewWorkflowForm(request.POST), SchemaForm(request.POST), _kept(request)
    if not all([words.is_valid(), schema.is_valid(), kept is None or kept.is_valid()]):
        return _form(request, words, schema, kept=kept)
    fields, labels = schema.bodies()
    actor, now = actor_of(request), clock.now()
    try:
        with transaction.atomic():
            made = set_up_workflow(
                slug=words.cleaned_data["slug"],
                name=words.cleaned_data["name"],
                description=words.cleaned_data["description"],
                review_policy=_lines(words.cleaned_data["review_policy"]),
                fields=fields,
                labels=labels,
                degree=words.cleaned_data["degree"],
                promise=words.promise(),
                review_rules=words.review_rules(),
                actor=actor,
                now=now,
            )
            key, secret = create_key(
                name=f"{made.name}: first key"[:100], scopes=[Scope.SUBMIT, Scope.READ], actor=actor, now=now
            )
            grant_workflows(key_id=key.id, workflow_ids=[made.id], actor=actor, now=now)
    except Invalid as refused:
        schema.refuse(refused, words)
        return _form(request, words, schema, kept=kept)
    except Conflict as refused:
        words.add_error("slug", shown(refused.message))
        return _form(request, words, schema, kept=kept)
    like = first_content(kept.cleaned_data["kept"], schema=schema_of(made)) if kept else None
    begins = _begin(request, made, kept) if kept and kept.cleaned_data["take"] else {}
    return unkept(render(request, "workflows/made.html", _made(request, made, secret, like) | begins))


def _begin(request: HttpRequest, made: Workflow, kept: KeptFileForm) -> dict[str, Any]:
    """Let the rows of the kept file come in; what the page shows of it."""
    said = kept.cleaned_data
    try:
        take_up(
            import_id=said["kept"],
            workflow=made,
            attest=said["attest"],
            all_new=said["all_new"],
            actor=actor_of(request),
            now=clock.now(),
        )
    except Conflict as refused:
        words = gettext("%(why)s Choose it again on the workflow's page.")
        messages.warning(request, words % {"why": shown(refused.message)})
        return {}
    return beginning_context(request, made, said["kept"])


def _kept(request: HttpRequest) -> KeptFileForm | None:
    """Return which file the workflow is made from, where it comes from one."""
    return KeptFileForm(request.POST) if "kept" in request.POST else None


def _made(
    request: HttpRequest, made: Workflow, secret: str, like: Mapping[str, Any] | None
) -> dict[str, Any]:
    address = request.build_absolute_uri(f"/api/v1/workflows/{made.slug}/cases")
    curl = curl_line(address, schema_of(made).fields, secret, like=like)
    return {"workflow": made, "secret": secret, "curl": curl}


def schema_of(made: Workflow) -> Schema:
    """Return a workflow's first schema."""
    return made.schemas.get(number=1).schema


@for_administrators
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change words, fields and labels; other fields or labels make a new version of the schema."""
    found = find(slug)
    current = schema_in_force(found)
    there: dict[str, Any] = {"fields": current.fields, "labels": current.labels}
    if request.method == "GET":
        initial = {name: getattr(found, name) for name in WordsForm.base_fields}
        return _form(request, WordsForm(initial=initial), SchemaForm(**there), workflow=found)
    if more := _more_rows(request, WordsForm, workflow=found, **there):
        return more
    words, schema = WordsForm(request.POST), SchemaForm(request.POST, **there)
    if not all([words.is_valid(), schema.is_valid()]):
        return _form(request, words, schema, workflow=found)
    fields, labels = schema.bodies()
    actor, now = actor_of(request), clock.now()
    try:
        with transaction.atomic():
            typed = words.cleaned_data | {"review_policy": _lines(words.cleaned_data["review_policy"])}
            describe_workflow(workflow_id=found.id, actor=actor, now=now, **typed)
            version = change_schema(workflow_id=found.id, fields=fields, labels=labels, actor=actor, now=now)
    except Invalid as refused:
        schema.refuse(refused, words)
        return _form(request, words, schema, workflow=found)
    is_new = version.number != current.number
    fits_on = version.schema_sha256 == current.schema_sha256
    as_version = gettext("Saved as version %(number)s of the schema.") % {"number": version.number}
    messages.success(request, as_version if is_new else gettext("Saved."))
    if is_new and not fits_on:
        messages.warning(
            request, gettext("Models made for the old schema decide nothing any more: people decide.")
        )
    return redirect("workflow", slug=slug)


def _more_rows(request: HttpRequest, form_class: type[WordsForm], **context: Any) -> HttpResponse | None:
    """Answer the buttons that only add empty rows; nothing is checked then."""
    table = request.POST.get("more")
    if table not in ("fields", "labels"):
        return None
    there = {name: context.pop(name) for name in ("fields", "labels") if name in context}
    data = with_more_rows(request.POST, table)
    words = form_class(initial={name: data.get(name, "") for name in form_class.base_fields})
    return _form(request, words, SchemaForm(data, **there), **context)


def _form(request: HttpRequest, words: WordsForm, schema: SchemaForm, **context: Any) -> HttpResponse:
    is_wrong = bool(words.errors or schema.problems) or any(
        row.errors for rows in (schema.fields, schema.labels) if rows.is_bound for row in rows
    )
    status = 422 if is_wrong and "more" not in request.POST else 200
    return render(request, _FORM, {"words": words, "schema": schema, **context}, status=status)


def _lines(text: str) -> str:
    """Return text with the line ends that the database holds: browsers send their own."""
    return text.replace("\r\n", "\n")
