"""What an operator does with models. A refusal is shown on the page where it was asked."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from cases.access import watched_workflow
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, NotFound
from hitl.shared.words import shown
from hitl.web.views import person
from models_store.access import release_for, run_for
from models_store.errors import RunActive
from models_store.selectors import active_run, training_settings
from models_store.services import roles, runs, schedule
from models_store.types import ReleaseRole, Trigger
from models_store.web.forms import TrainingSettingsForm

Act = Callable[..., tuple[str, str]]


def acts(act: Act) -> Callable[..., HttpResponse]:
    """Make a view of a function that changes something and returns the next page and its message."""

    @wraps(act)
    def view(request: HttpRequest, **named: Any) -> HttpResponse:
        try:
            back, words = act(request, person(request).as_actor(), **named)
            messages.success(request, words)
        except Refused as refused:
            back = refused.back
            for sentence in refused.sentences:
                messages.error(request, sentence)
        return redirect(back)

    return login_required(require_POST(view))


class Refused(Exception):
    """What was asked cannot be done; told on the page `back`."""

    def __init__(self, back: str, refusal: HitlError | list[str]) -> None:
        super().__init__(back)
        self.back = back
        self.sentences = [shown(refusal.message)] if isinstance(refusal, HitlError) else refusal


@acts
def train(request: HttpRequest, actor: Actor, slug: str) -> tuple[str, str]:
    """Start a training run."""
    workflow = watched_workflow(actor, slug)
    back = reverse("models", args=[slug])
    try:
        run = runs.request_training(
            workflow_id=workflow.id,
            trigger=Trigger.HAND,
            actor=actor,
            now=clock.now(),
            reason=request.POST.get("reason", ""),
        )
    except RunActive as refused:
        active = active_run(workflow.id)
        raise Refused(reverse("training-run", args=[active.pk]) if active else back, refused) from None
    except HitlError as refused:
        raise Refused(back, refused) from None
    return reverse("training-run", args=[run.pk]), gettext("A training run waits for a worker.")


@acts
def cancel(request: HttpRequest, actor: Actor, run_id: UUID) -> tuple[str, str]:
    """Stop a training run."""
    run = run_for(actor, run_id)
    back = reverse("training-run", args=[run.pk])
    try:
        runs.cancel_training(run_id=run.pk, actor=actor, now=clock.now())
    except HitlError as refused:
        raise Refused(back, refused) from None
    return back, gettext("The run is cancelled. Its worker stops at its next step.")


@acts
def retire(request: HttpRequest, actor: Actor, release_id: UUID) -> tuple[str, str]:
    """Take a challenger out of the shadow."""
    release = release_for(actor, release_id)
    back = reverse("release", args=[release.pk])
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise Refused(
            back, [gettext("Say why: the reason stays in the model's history and in the audit log.")]
        )
    try:
        roles.retire(
            release_id=release.pk,
            actor=actor,
            now=clock.now(),
            reason=reason[:1000],
            seen=ReleaseRole.SHADOW,
        )
    except HitlError as refused:
        raise Refused(back, refused) from None
    return back, gettext("%(model)s is retired.") % {"model": release.name}


@acts
def change_settings(request: HttpRequest, actor: Actor, slug: str) -> tuple[str, str]:
    """Say when the workflow trains by itself."""
    workflow = watched_workflow(actor, slug)
    back = reverse("models", args=[slug])
    form = TrainingSettingsForm(request.POST, instance=training_settings(workflow.id))
    if not form.is_valid():
        told = [f"{form[name].label}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()]
        raise Refused(back, told)
    try:
        schedule.change_training_settings(
            workflow_id=workflow.id, actor=actor, now=clock.now(), **form.wanted()
        )
    except NotFound:
        raise
    except HitlError as refused:
        raise Refused(back, refused) from None
    return back, gettext("Saved: when to train.")
