"""Upload an image or a recording once, and name it in as many cases of its workflow as you like."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from cases.models import Asset
from cases.services.kept_files import store_file
from cases.services.media import FIX, BadFile
from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.intake.in_force import workflow_in_force
from hitl.shared import clock
from hitl.shared.errors import NotFound, Problem


class MediaView(ApiView):
    """The files of cases that are sent in batches."""

    scopes: ClassVar = {"POST": (Scope.SUBMIT,)}

    @docs.UPLOAD_MEDIA
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Keep the body, which is the file itself; the answer is the value to put into a case's field."""
        raw = request._request
        current = workflow_in_force(slug)
        if not caller(request).may_use(current.workflow_id):
            raise NotFound(f'There is no workflow "{slug[:60]}", or it is not yours.')
        declared = raw.META.get("CONTENT_TYPE", "")
        try:
            asset = store_file(raw.body, workflow_id=current.workflow_id, now=clock.now(), declared=declared)
        except BadFile as bad:
            bad.facts["errors"] = [Problem(field="(body)", error="cannot be taken in", fix=FIX)]
            raise
        return answer(asset_body(asset), status=201)


def asset_body(asset: Asset) -> dict[str, Any]:
    """Return a file as the API shows it."""
    return {
        "asset": asset.sha256,
        "media_type": asset.media_type,
        "size_bytes": asset.size_bytes,
        "width": asset.width,
        "height": asset.height,
        "duration_ms": asset.duration_ms,
    }
