"""Why not one degree higher, over REST."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.doors.api.workflows import workflow_of
from hitl.shared import clock
from monitoring.promise.ladder import next_step


class NextDegreeView(ApiView):
    """The degree above a workflow's own."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.MANAGE)}

    @docs.GET_NEXT_DEGREE
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return what is missing for it, and when that will probably be there."""
        return answer(next_step(workflow_of(slug, caller(request)), now=clock.now()).to_json())
