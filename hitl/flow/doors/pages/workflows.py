"""Pages of workflows: the list, one workflow, export, archive."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from cases.kinds import KINDS
from cases.models import KeyGrant, SchemaVersion, Workflow
from cases.selectors import schema_in_force
from cases.services.workflows import archive_workflow, restore_workflow
from hitl.accounts.types import Role
from hitl.flow.doors.pages.forms import FileForm
from hitl.flow.doors.pages.guards import for_administrators, for_readers
from hitl.flow.export.download import download
from hitl.flow.intake.backlog import rescoring_of
from hitl.flow.setup.examples import curl_line
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import NotFound
from hitl.web.views import actor_of
from models_store.selectors import champion
from policy.models import Policy
from reviews.models import ReviewRules
from science.fields import Kind


@for_readers
@require_GET
def workflows(request: HttpRequest) -> HttpResponse:
    """List the workflows."""
    found = list(Workflow.objects.select_related("policy").order_by("archived_at", "name"))
    schemas = {
        (row.workflow_id, row.number): row
        for row in SchemaVersion.objects.filter(workflow__in=found).only(
            "workflow_id", "number", "fields", "labels"
        )
    }
    rows = [
        {
            "workflow": one,
            "policy": getattr(one, "policy", None),
            "schema": schemas.get((one.id, one.schema_version)),
            "release": champion(one.id),
        }
        for one in found
    ]
    may_create = actor_of(request).has(Role.ADMINISTRATOR)
    return render(request, "workflows/list.html", {"rows": rows, "may_create": may_create})


@for_readers
@require_GET
def workflow(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one workflow."""
    found = find(slug)
    return render(request, "workflows/workflow.html", about(request, found, actor_of(request)))


@for_readers
@require_GET
def rescoring(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how far the look at what waits is; it asks for itself again until it is done."""
    found = find(slug)
    return render(
        request, "workflows/rescoring.html", {"workflow": found, "rescoring": rescoring_of(found.pk)}
    )


def about(request: HttpRequest, found: Workflow, actor: Actor) -> dict[str, Any]:
    """Return what the page of a workflow shows."""
    schema = schema_in_force(found)
    address = request.build_absolute_uri(f"/api/v1/workflows/{found.slug}/cases")
    grants = KeyGrant.objects.filter(workflow=found, key__revoked_at=None).select_related("key")
    return {
        "workflow": found,
        "schema": schema,
        "fields": [{**field, "kind_words": KINDS[Kind(field["kind"])].word} for field in schema.fields],
        "policy": Policy.objects.filter(workflow=found).first(),
        "rules": ReviewRules.objects.filter(workflow=found).first(),
        "release": champion(found.id),
        "rescoring": rescoring_of(found.pk),
        "versions": found.schemas.select_related("created_by").order_by("-number"),
        "curl": curl_line(address, schema.schema.fields, "hitl_…"),
        "keys": [grant.key for grant in grants.order_by("key__name")],
        "file_form": FileForm(),
        "is_administrator": actor.has(Role.ADMINISTRATOR),
        "is_operator": actor.has(Role.ADMINISTRATOR, Role.OPERATOR),
    }


@for_administrators
@require_POST
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Archive or restore a workflow."""
    found = find(slug)
    if found.archived_at is None:
        archive_workflow(workflow_id=found.id, actor=actor_of(request), now=clock.now())
        messages.success(
            request, gettext("Archived: no new case is taken in. Open ones can still be answered.")
        )
    else:
        restore_workflow(workflow_id=found.id, actor=actor_of(request), now=clock.now())
        messages.success(request, gettext("Restored: cases are taken in again."))
    return redirect("workflow", slug=slug)


@for_readers
@require_GET
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Stream cases, decisions or labels; personal fields in the clear for administrators alone."""
    actor = actor_of(request)
    return download(
        find(slug),
        request.GET.dict(),
        shows_personal=actor.has(Role.ADMINISTRATOR),
        shows_model=True,
        actor=actor,
        now=clock.now(),
    )


def find(slug: str) -> Workflow:
    """Return the workflow of this slug.

    Raises:
        NotFound: there is none.
    """
    found = Workflow.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such workflow.")
    return found
