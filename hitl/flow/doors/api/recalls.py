"""Recalls over REST: begin one, look at one, list them."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.doors.api.listing import MOMENT_FIX
from hitl.flow.doors.api.workflows import object_of, workflow_of
from hitl.shared import clock
from hitl.shared.errors import Invalid, Problem
from hitl.shared.given import moment
from monitoring.watch.recalled import report_of
from policy.models import Recall
from policy.selectors import recall_of, recalls_of
from policy.services.recalls import Taken, begin_recall, named

_TEXTS = ("label", "field", "value", "entity")
_KNOWN = {"release", *_TEXTS, "since", "until", "per_day", "reason"}


class RecallsView(ApiView):
    """The recalls of a workflow."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.MANAGE, Scope.RELEASE), "POST": (Scope.RELEASE,)}

    @docs.LIST_RECALLS
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return them, the newest first."""
        workflow, now = workflow_of(slug, caller(request)), clock.now()
        return answer({"items": [_body(one, now) for one in recalls_of(workflow.pk)]})

    @docs.BEGIN_RECALL
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Begin one; who is asked about what is seen by its address."""
        key, now = caller(request), clock.now()
        workflow = workflow_of(slug, key)
        given = object_of(request, _KNOWN)
        made = begin_recall(
            workflow_id=workflow.pk,
            taken=_taken(given),
            per_day=_number(given),
            reason=_text(given, "reason"),
            actor=key.as_actor(),
            now=now,
        )
        headers = {"Location": f"/api/v1/workflows/{workflow.slug}/recalls/{made.pk}"}
        return answer(_body(made, now), status=201, headers=headers)


class RecallView(ApiView):
    """One recall."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.MANAGE, Scope.RELEASE)}

    @docs.GET_RECALL
    def get(self, request: Request, slug: str, recall_id: UUID) -> HttpResponse:
        """Return how far it is and what it has found."""
        workflow = workflow_of(slug, caller(request))
        return answer(_body(recall_of(workflow.pk, recall_id), clock.now()))


def _body(recall: Recall, now: datetime) -> dict[str, Any]:
    return {
        "id": str(recall.pk),
        "takes": named(recall),
        "reason": recall.reason,
        "per_day": recall.per_day,
        "begun_at": recall.at,
        "begun_by": recall.asked_by,
        "is_listed": recall.listed_at is not None,
        "closed_at": recall.finished_at,
        "found": report_of(recall, now=now).to_json(),
    }


def _taken(given: dict[str, Any]) -> Taken:
    text = _text(given, "release")
    try:
        release = UUID(text) if text else None
    except ValueError:
        fix = "Send the id of one of the workflow's models."
        raise Invalid([Problem(field="release", error="is no id", fix=fix)]) from None
    words = {name: _text(given, name) for name in _TEXTS}
    return Taken(release_id=release, since=_moment(given, "since"), until=_moment(given, "until"), **words)


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise Invalid([Problem(field=name, error="is not a text", fix="Send it in quotes.")])
    return value


def _moment(given: dict[str, Any], name: str) -> datetime | None:
    if not (text := _text(given, name)):
        return None
    try:
        return moment(text)
    except ValueError:
        raise Invalid([Problem(field=name, error="is no time", fix=MOMENT_FIX)]) from None


def _number(given: dict[str, Any]) -> int:
    value = given.get("per_day")
    if not isinstance(value, int) or isinstance(value, bool):
        fix = "Send how many cases a day people may be asked about."
        raise Invalid([Problem(field="per_day", error="is not a whole number", fix=fix)])
    return value
