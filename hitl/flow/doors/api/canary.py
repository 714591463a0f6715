"""A workflow's canary over REST: look at it, hold it, roll it back. More takes a person who has signed in."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.doors.api.stop import reason_of
from hitl.flow.doors.api.workflows import workflow_of
from hitl.shared import clock
from hitl.shared.errors import NotFound
from policy.models.canaries import Canary
from policy.selectors import open_canary
from policy.services.canaries import hold_canary, roll_back_canary


class CanaryView(ApiView):
    """The canary that goes on."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.MANAGE, Scope.RELEASE)}

    @docs.GET_CANARY
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Tell what share it decides, and what holds it."""
        return answer(_body(_canary_of(request, slug)))


class HoldCanaryView(ApiView):
    """Hold it."""

    scopes: ClassVar = {"POST": (Scope.RELEASE,)}

    @docs.HOLD_CANARY
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Keep it at its share; an operator who has signed in lets it go on."""
        canary = _canary_of(request, slug)
        reason, actor = reason_of(request), caller(request).as_actor()
        done = hold_canary(canary_id=canary.pk, actor=actor, now=clock.now(), reason=reason)
        return answer(_body(done))


class RollBackCanaryView(ApiView):
    """Roll it back."""

    scopes: ClassVar = {"POST": (Scope.RELEASE,)}

    @docs.ROLL_BACK_CANARY
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Let the champion decide all cases from the next one on."""
        canary = _canary_of(request, slug)
        reason, actor = reason_of(request), caller(request).as_actor()
        done = roll_back_canary(canary_id=canary.pk, actor=actor, now=clock.now(), reason=reason)
        return answer(_body(done))


def _canary_of(request: Request, slug: str) -> Canary:
    canary = open_canary(workflow_of(slug, caller(request)).id)
    if canary is None:
        raise NotFound("This workflow has no canary.")
    return canary


def _body(canary: Canary) -> dict[str, Any]:
    verdict = canary.verdict
    return {
        "release": canary.release.name,
        "champion": canary.champion.name,
        "share": canary.share / 10_000,
        "step_since": canary.step_since,
        "held_by": canary.hold or None,
        "reason": canary.hold_reason or canary.end_reason or None,
        "end": canary.end or None,
        "answers": verdict.get("labels"),
        "wrong": verdict.get("wrong"),
        "missing": verdict.get("missing"),
        "expected_at": verdict.get("expected_at"),
    }
