"""The pages of models and training runs."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, override
from django.views.decorators.http import require_GET

from cases.access import watched_workflow, watched_workflows
from cases.models import Workflow
from cases.selectors import schema_in_force
from hitl.accounts.types import WATCHING, Role
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import NotFound
from hitl.shared.numbers import number
from hitl.web.views import person
from models_store import selectors
from models_store.access import release_for, run_for
from models_store.models import TrainingRun
from models_store.types import ReleaseRole
from models_store.web.card import as_markdown
from models_store.web.forms import TrainingSettingsForm
from models_store.web.presenters import ShownRelease
from models_store.web.run_presenters import ShownRun

MAX_RUNS = 10


@login_required
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """List each workflow with its champion and its last training run."""
    actor = person(request).as_actor()
    if not actor.has(*WATCHING):
        raise NotFound("This page is for operators, leads, administrators and auditors.")
    rows = [_row(workflow) for workflow in watched_workflows(actor).filter(archived_at=None)]
    return render(request, "models_store/models.html", {"rows": rows})


def _row(workflow: Workflow) -> dict[str, Any]:
    release = selectors.champion(workflow.id)
    runs = selectors.latest_runs(workflow.id, limit=1)
    return {
        "workflow": workflow,
        "champion": ShownRelease(release, None) if release else None,
        "run": ShownRun(runs[0], clock.now()) if runs else None,
        "n_labels": selectors.current_labels(workflow.id).count(),
    }


@login_required
@require_GET
def models_of_workflow(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a workflow's champion, its releases, its runs, and what could be trained on now."""
    actor = person(request).as_actor()
    workflow = watched_workflow(actor, slug)
    now = clock.now()
    roles = selectors.roles_now(workflow.id)
    releases = [ShownRelease(one, roles.get(one.pk)) for one in selectors.releases_of(workflow.id)]
    runs = selectors.latest_runs(workflow.id, limit=MAX_RUNS)
    last = selectors.last_training(workflow.id)
    training_settings = selectors.training_settings(workflow.id)
    schema = schema_in_force(workflow)
    champion = next((one for one in releases if one.is_champion), None)
    context = {
        "workflow": workflow,
        "releases": releases,
        "champion": champion,
        "way_back": selectors.way_back(workflow.id),
        "is_outdated": champion and champion.release.schema_sha256 != schema.schema_sha256,
        "schema_sha256": schema.schema_sha256,
        "runs": [ShownRun(run, now) for run in runs],
        "active": next((ShownRun(run, now) for run in runs if run.is_active), None),
        "training_settings": training_settings,
        "training_note": gettext("training starts at %(labels)s")
        % {"labels": number(training_settings.min_new_labels)}
        if training_settings.is_automatic
        else gettext("trained by hand only"),
        "form": TrainingSettingsForm(instance=training_settings),
        "n_labels": selectors.current_labels(workflow.id).count(),
        "n_new": selectors.new_labels(workflow.id, since=last.requested_at if last else None),
    }
    return render(request, "models_store/workflow.html", context | _rights(actor))


@login_required
@require_GET
def training_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show what a training run does, did, and why it ended as it did."""
    actor = person(request).as_actor()
    return render(request, "models_store/run.html", _of_run(run_for(actor, run_id)) | _rights(actor))


@login_required
@require_GET
def live_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Return the part of the run's page that changes; it asks again while the run is under way."""
    actor = person(request).as_actor()
    return render(request, "models_store/run_live.html", _of_run(run_for(actor, run_id)) | _rights(actor))


def _of_run(run: TrainingRun) -> dict[str, Any]:
    return {"run": run, "shown": ShownRun(run, clock.now())}


@login_required
@require_GET
def release(request: HttpRequest, release_id: UUID) -> HttpResponse:
    """Show a release's model card: data, measures, plots, checks, roles, limits."""
    actor = person(request).as_actor()
    found = release_for(actor, release_id)
    roles = selectors.roles_now(found.workflow_id)
    history = selectors.role_history(found.pk)
    context = {
        "release": found,
        "workflow": found.workflow,
        "shown": ShownRelease(found, roles.get(found.pk)),
        "fits": selectors.fits(found),
        "run": selectors.run_that_made(found.pk),
        "release_key": str(found.pk),
        "history": history,
        "was_champion": any(span.role == ReleaseRole.CHAMPION for span in history),
        "n_precedents": selectors.n_precedents(found.pk),
        "champion": selectors.champion(found.workflow_id),
    }
    return render(request, "models_store/release.html", context | _rights(actor))


@login_required
@require_GET
def card(request: HttpRequest, release_id: UUID) -> HttpResponse:
    """Send the model card as a Markdown file."""
    found = release_for(person(request).as_actor(), release_id)
    shown = ShownRelease(found, selectors.roles_now(found.workflow_id).get(found.pk))
    with override("en"):  # a file is the same for everybody
        text = as_markdown(shown, selectors.role_history(found.pk))
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.workflow.slug}-{found.name}.md"'
    return response


def _rights(actor: Actor) -> dict[str, bool]:
    return {"may_act": actor.has(Role.OPERATOR)}
