"""Stopping over REST: everything, or one workflow. Only a signed-in person starts again."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.doors.api.workflows import object_of, workflow_bodies, workflow_of
from hitl.shared import clock
from hitl.shared.errors import Invalid, NotAllowed, Problem
from hitl.shared.given_reason import checked_reason
from hitl.stop.models import Stop
from hitl.stop.selectors import stop_in_force
from hitl.stop.services import MAX_REASON, stop_everything
from policy.services.breaker import trip_breaker


class StopView(ApiView):
    """All automation of the service."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.MANAGE, Scope.RELEASE), "POST": (Scope.RELEASE,)}

    @docs.GET_STOP
    def get(self, request: Request) -> HttpResponse:
        """Tell whether everything is stopped."""
        return answer(_body(stop_in_force()))

    @docs.STOP_EVERYTHING
    def post(self, request: Request) -> HttpResponse:
        """Stop everything; stopped already, it stays as it is."""
        key = caller(request)
        if key.workflow_ids is not None:
            raise NotAllowed("This key is for some workflows only: stop each of them by its own address.")
        reason = reason_of(request)
        return answer(_body(stop_everything(reason=reason, actor=key.as_actor(), now=clock.now())))


class WorkflowStopView(ApiView):
    """The automation of one workflow."""

    scopes: ClassVar = {"POST": (Scope.RELEASE,)}

    @docs.STOP_WORKFLOW
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Trip the workflow's breaker; tripped already, it stays as it is."""
        key = caller(request)
        workflow = workflow_of(slug, key)
        reason = reason_of(request)
        trip_breaker(workflow_id=workflow.id, reason=reason, actor=key.as_actor(), now=clock.now())
        return answer(workflow_bodies([workflow])[0])


def reason_of(request: Request) -> str:
    """Return the reason given; one is asked for even where it changes nothing, as all is stopped already."""
    reason = object_of(request, {"reason"}).get("reason", "")
    if not isinstance(reason, str):
        raise Invalid([Problem(field="reason", error="is not a text", fix="Send it in quotes.")])
    return checked_reason(reason, most=MAX_REASON)


def _body(stop: Stop | None) -> dict[str, Any]:
    if stop is None:
        return {"is_stopped": False, "since": None, "by": None, "reason": None}
    return {"is_stopped": True, "since": stop.stopped_at, "by": stop.stopped_by, "reason": stop.reason}
