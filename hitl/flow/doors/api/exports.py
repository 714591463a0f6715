"""Exports over REST."""

from typing import ClassVar

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from hitl.accounts.types import Scope
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.doors.api.workflows import workflow_of
from hitl.flow.export.download import download
from hitl.shared import clock


class ExportView(ApiView):
    """Everything of a workflow, streamed."""

    scopes: ClassVar = {"GET": (Scope.READ,)}

    @docs.EXPORT
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """Return the export; a key sees personal fields masked and of decisions what a submitter may know."""
        key = caller(request)
        return download(
            workflow_of(slug, key),
            request.query_params.dict(),
            shows_personal=False,
            shows_model=False,
            actor=key.as_actor(),
            now=clock.now(),
        )
