"""The stage of the desk: the part of the page that changes from case to case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from cases.models import Case
from cases.selectors import assets_of
from cases.web.content import Block, blocks, shown_fields
from hitl.shared.actor import Actor
from reviews.errors import HandsFull
from reviews.selectors import Held, held_by, why_quiet
from reviews.services.queue import claim_next, release_left
from reviews.web.adjudication import earlier_answers
from reviews.words import certainty, frequency


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the model would say, in words; a blind task has none."""

    label: str
    certainty: str
    frequency: str
    runner_up: str | None
    evidence_url: str


def next_stage(
    request: HttpRequest, actor: Actor, *, workflow: str, ids: list[UUID] | None, now: datetime
) -> HttpResponse:
    """Claim the next task and answer with the stage that shows it, or that says why there is none."""
    held = _claimed(actor, ids, now)
    return stage(request, actor, held, workflow=workflow, ids=ids, now=now)


def current_stage(actor: Actor, *, ids: list[UUID] | None, now: datetime) -> Held | None:
    """Return what the person holds already, as after loading the page again; else claim."""
    return held_by(actor, now=now, workflow_ids=ids) or _claimed(actor, ids, now)


def _claimed(actor: Actor, ids: list[UUID] | None, now: datetime) -> Held | None:
    """Claim; with full hands, first let go of what lies on pages that were left."""
    try:
        return claim_next(actor=actor, workflow_ids=ids, now=now)
    except HandsFull:
        if release_left(actor=actor, now=now):
            return claim_next(actor=actor, workflow_ids=ids, now=now)
        raise


def stage(
    request: HttpRequest,
    actor: Actor,
    held: Held | None,
    *,
    workflow: str,
    ids: list[UUID] | None,
    now: datetime,
) -> HttpResponse:
    """Answer with the stage alone."""
    context = stage_context(actor, held, workflow=workflow, ids=ids, now=now)
    response = render(request, "desk/stage.html", context)
    response["Cache-Control"] = "no-store"
    return response


def stage_context(
    actor: Actor, held: Held | None, *, workflow: str, ids: list[UUID] | None, now: datetime
) -> dict[str, Any]:
    """Return what `desk/stage.html` shows."""
    if held is None:
        return {"workflow": workflow, "held": None, "quiet": why_quiet(actor, workflow_ids=ids, now=now)}
    return {
        "workflow": workflow,
        "held": held,
        "lease_seconds": int((held.lease_until - now).total_seconds()),
        "is_overdue": held.due_at < now,
        "blocks": _blocks(held),
        "labels": held.labels,
        "suggestion": _suggestion(held),
        "earlier": earlier_answers(actor, held),
    }


def _blocks(held: Held) -> list[Block]:
    schema = held.schema
    case = Case(pk=held.case_id, workflow_id=held.workflow_id, content=held.content)
    assets = assets_of([case]) if any(field.is_media for field in schema.fields) else {}
    return blocks(shown_fields(case, schema, assets))


def _suggestion(held: Held) -> Suggestion | None:
    if held.is_blind or held.suggestion is None or held.confidence is None:
        return None
    return Suggestion(
        label=held.suggestion,
        certainty=certainty(held.confidence),
        frequency=frequency(held.confidence),
        runner_up=held.runner_up,
        evidence_url=reverse("desk-evidence", args=[held.lease_token]),
    )
