"""Pages of models elsewhere: what has come from each, register one, confirm, fit, retire."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from cases.access import watched_workflow
from cases.models import Workflow
from cases.selectors import schema_in_force
from hitl.accounts.automation import ANSWERABLE, LOWERERS
from hitl.accounts.types import Role
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, NotFound, in_words, sentence
from hitl.shared.words import shown
from hitl.web.views import person
from models_store.access import source_for
from models_store.models import Source
from models_store.selectors import active_run, sources_of
from models_store.services.runs import request_training
from models_store.services.sources import confirm_source, propose_source, retire_source
from models_store.services.sparing import sparing_nothing
from models_store.source_figures import WORDS, figures_of
from models_store.types import Trigger
from models_store.web.actions import Refused, acts
from models_store.web.forms import SourceForm

_REGISTERED = {
    False: gettext_lazy("%(model)s is registered. Its scores are kept from the next case on."),
    True: gettext_lazy("%(model)s is registered. A worker tries it on the known answers now."),
}
"""What follows, by whether it is asked."""


@login_required
@require_http_methods(["GET", "POST"])
def sources(request: HttpRequest, slug: str) -> HttpResponse:
    """List a workflow's models elsewhere; register one."""
    actor = person(request).as_actor()
    workflow = watched_workflow(actor, slug)
    labels = schema_in_force(workflow).label_names
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = SourceForm(*sent, labels=labels)
    if sent and form.is_valid():
        source = _register(workflow, form, actor)
        if source is not None:
            messages.success(request, _REGISTERED[source.is_remote] % {"model": source.name})
            return redirect("source", source_id=source.pk)
    context = {
        "workflow": workflow,
        "rows": [(one, figures_of(one)) for one in sources_of(workflow.pk)],
        "form": form,
        "may_register": actor.has(*ANSWERABLE),
    }
    return render(request, "models_store/sources.html", context, status=422 if form.errors else 200)


def _register(workflow: Workflow, form: SourceForm, actor: Actor) -> Source | None:
    try:
        return propose_source(workflow_id=workflow.pk, actor=actor, now=clock.now(), **form.told())
    except NotFound:
        raise
    except HitlError as refused:
        for problem in refused.facts.get("errors", []):
            field = problem["field"].partition("[")[0].partition(".")[0]
            field = "address" if field == "url" else field
            form.add_error(field if field in form.fields else None, sentence(problem))
        if not form.errors:
            form.add_error(None, shown(refused.message))
        return None


@login_required
@require_GET
def source(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Show one: its label map, what came of it, and what can be done with it."""
    actor = person(request).as_actor()
    found = source_for(actor, source_id)
    figures = figures_of(found)
    context = {
        "source": found,
        "workflow": found.workflow,
        "figures": figures,
        "sparing_nothing": sparing_nothing(found),
        "unusable": [(WORDS[reason], reason.value, n) for reason, n in figures.unusable],
        "runs": found.runs.order_by("-requested_at")[:5],
        "active": active_run(found.workflow_id),
        "may_confirm": actor.has(*ANSWERABLE),
        "may_fit": actor.has(Role.OPERATOR),
        "may_retire": actor.has(*LOWERERS),
    }
    return render(request, "models_store/source.html", context)


@acts
def confirm(request: HttpRequest, actor: Actor, source_id: UUID) -> tuple[str, str]:
    """Listen to a source that a key has proposed."""
    found = source_for(actor, source_id)
    return _done(found, confirm_source, gettext("Its scores are kept from the next case on."), actor)


@acts
def retire(request: HttpRequest, actor: Actor, source_id: UUID) -> tuple[str, str]:
    """Listen to a source no longer."""
    found = source_for(actor, source_id)
    words = gettext("It is retired: cases that it was to decide go to people.")
    return _done(found, retire_source, words, actor, reason=request.POST.get("reason", ""))


@acts
def fit(request: HttpRequest, actor: Actor, source_id: UUID) -> tuple[str, str]:
    """Fit a source's calibrator on the labels that there are, alone or to what a local model leaves."""
    found = source_for(actor, source_id)
    is_cascade = request.POST.get("cascade") == "1"
    back = reverse("source", args=[found.pk])
    try:
        run = request_training(
            workflow_id=found.workflow_id,
            trigger=Trigger.HAND,
            actor=actor,
            now=clock.now(),
            source_id=found.pk,
            is_cascade=is_cascade,
        )
    except HitlError as refused:
        raise Refused(back, refused) from None
    words = gettext("A run that fits its calibrator waits for a worker.")
    if is_cascade:
        words = gettext(
            "A run that trains a model, and fits this one to what that leaves, waits for a worker."
        )
    return reverse("training-run", args=[run.pk]), words


def _done(found: Source, act: Any, words: str, actor: Actor, **told: Any) -> tuple[str, str]:
    back = reverse("source", args=[found.pk])
    try:
        act(source_id=found.pk, actor=actor, now=clock.now(), **told)
    except HitlError as refused:
        raise Refused(back, in_words(refused)) from None
    return back, words
