"""The stage of the desk: the part of the page that changes from case to case."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse

from cases.models import Case
from cases.selectors import assets_of
from cases.web.content import Block, blocks, shown_fields
from hitl.shared.actor import Actor
from hitl.web.views import person
from models_store.selectors import few_examples
from reviews.confidence_words import certainty, frequency
from reviews.desk.adjudication import earlier_answers
from reviews.desk.guards import leases_of
from reviews.desk.preferences import template_keys
from reviews.errors import HandsFull, LeaseExpired
from reviews.quiet import why_quiet
from reviews.selectors import LeasedTask, leased_task_of
from reviews.services.leases import release_left
from reviews.services.queue import begin, claim_next
from reviews.types import Mode
from science.fields import Schema


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the model would say, in words; a blind task has none. `learnt_from`: how many examples, if few."""

    label: str
    certainty: str
    frequency: str
    runner_up: str | None
    learnt_from: int | None
    evidence_url: str


def next_stage(
    request: HttpRequest, actor: Actor, *, workflow: str, ids: list[UUID] | None, now: datetime
) -> HttpResponse:
    """Claim the next task and answer with the stage that shows it, or that says why there is none."""
    leased = _claimed(actor, ids, now)
    return stage(request, actor, leased, workflow=workflow, ids=ids, now=now)


def current_stage(actor: Actor, *, ids: list[UUID] | None, now: datetime) -> LeasedTask | None:
    """Return what the person holds already, as after loading the page again; else claim."""
    return leased_task_of(actor, now=now, workflow_ids=ids) or _claimed(actor, ids, now)


def _claimed(actor: Actor, ids: list[UUID] | None, now: datetime) -> LeasedTask | None:
    """Claim; with full hands, or where nothing else waits, first let go of what lies on pages that were left
    and of what was only looked ahead at.
    """
    try:
        leased = claim_next(actor=actor, workflow_ids=ids, now=now)
    except HandsFull:
        if release_left(actor=actor, now=now):
            return claim_next(actor=actor, workflow_ids=ids, now=now)
        raise
    if leased is None and release_left(actor=actor, now=now):
        return claim_next(actor=actor, workflow_ids=ids, now=now)
    return leased


def stage(
    request: HttpRequest,
    actor: Actor,
    leased: LeasedTask | None,
    *,
    workflow: str,
    ids: list[UUID] | None,
    now: datetime,
) -> HttpResponse:
    """Answer with the stage alone."""
    html = stage_html(request, actor, leased, workflow=workflow, ids=ids, now=now)
    return HttpResponse(html, headers={"Cache-Control": "no-store"})


def stage_html(
    request: HttpRequest,
    actor: Actor,
    leased: LeasedTask | None,
    *,
    workflow: str,
    ids: list[UUID] | None,
    now: datetime,
) -> str:
    """Render the stage without what only a whole page needs: navigation, messages, the person's name."""
    context = stage_of(request, actor, leased, workflow=workflow, ids=ids, now=now)
    return render_to_string("desk/stage.html", {**context, "csrf_token": get_token(request)})


def or_stay(
    request: HttpRequest, actor: Actor, *, workflow: str, ids: list[UUID] | None, now: datetime
) -> HttpResponse:
    """Answer with the next stage; with nothing where the page says that it has one already (`stay`).

    `next` is the lease of the case it has painted from memory: its time begins. A header says when that case
    has gone to somebody else meanwhile.
    """
    if not request.POST.get("stay"):
        return next_stage(request, actor, workflow=workflow, ids=ids, now=now)
    response = HttpResponse(status=204)
    for lease in leases_of(request, "next"):
        try:
            begin(lease_token=lease, actor=actor, now=now)
        except LeaseExpired:
            response["X-Desk-Next"] = "lost"
    return response


def stage_of(
    request: HttpRequest,
    actor: Actor,
    leased: LeasedTask | None,
    *,
    workflow: str,
    ids: list[UUID] | None,
    now: datetime,
) -> dict[str, Any]:
    """Return what `desk/stage.html` shows."""
    shared = {"workflow": workflow, "leased": leased, "keys": template_keys(person(request))}
    if leased is None:
        return {**shared, "quiet": why_quiet(actor, workflow_ids=ids, now=now)}
    return {
        **shared,
        "lease_seconds": int((leased.lease_until - now).total_seconds()),
        "is_overdue": leased.due_at < now,
        "blocks": blocks_of(leased.case_id, leased.workflow_id, leased.content, leased.schema),
        "labels": leased.labels,
        "suggestion": None if leased.mode == Mode.ON_DEMAND else suggestion_of(leased),
        "is_on_demand": leased.mode == Mode.ON_DEMAND and leased.suggestion is not None,
        "reason_codes": _reason_codes(leased),
        "earlier": earlier_answers(actor, leased),
    }


def blocks_of(case_id: UUID, workflow_id: UUID, content: dict[str, Any], schema: Schema) -> list[Block]:
    """Return the content of a case as the desk shows it; its files are looked up only if it can have some."""
    case = Case(pk=case_id, workflow_id=workflow_id, content=content)
    assets = assets_of([case]) if any(field.is_media for field in schema.fields) else {}
    return blocks(shown_fields(case, schema, assets))


def _reason_codes(leased: LeasedTask) -> str:
    """The reasons to choose from by label, as JSON; empty where the workflow lists none."""
    return json.dumps(leased.reason_codes) if leased.reason_codes else ""


def suggestion_of(leased: LeasedTask) -> Suggestion | None:
    """Return what the model would say; None where nothing of it may be shown yet."""
    if leased.is_blind or leased.suggestion is None or leased.confidence is None:
        return None
    return Suggestion(
        label=leased.suggestion,
        certainty=certainty(leased.confidence),
        frequency=frequency(leased.confidence),
        runner_up=leased.runner_up,
        learnt_from=few_examples(leased.release_id, leased.suggestion),
        evidence_url=reverse("desk-evidence", args=[leased.lease_token]),
    )
