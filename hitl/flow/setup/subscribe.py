"""Add and change subscribers, and tell intake, which keeps in memory whether there are any."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.models import Workflow
from cases.services.versions import bump, bump_all
from hitl.outbox import endpoints
from hitl.outbox.models import Endpoint
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotFound, Problem


@transaction.atomic
def subscribe(
    *,
    name: str,
    url: str,
    kinds: Sequence[str],
    workflow_id: UUID | None,
    actor: Actor,
    now: datetime,
) -> Endpoint:
    """Add an endpoint; it gets events from the next case on.

    Raises:
        Invalid: something does not fit.
    """
    if workflow_id is not None and not Workflow.objects.filter(pk=workflow_id).exists():
        raise Invalid([Problem(field="workflow", error="is not there", fix="Choose one from the list.")])
    _let_intake_know(workflow_id)
    return endpoints.create_endpoint(
        name=name, url=url, kinds=kinds, workflow_id=workflow_id, actor=actor, now=now
    )


@transaction.atomic
def resume(*, endpoint_id: UUID, actor: Actor, now: datetime) -> None:
    """Enable an endpoint again.

    Raises:
        NotFound: there is no such endpoint.
    """
    endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound()
    _let_intake_know(endpoint.workflow_id)
    endpoints.enable_endpoint(endpoint_id=endpoint_id, actor=actor, now=now)


def _let_intake_know(workflow_id: UUID | None) -> None:
    """Raise the versions first: workflows are locked before anything that is recorded."""
    if workflow_id is None:
        bump_all()
    else:
        bump(workflow_id)
