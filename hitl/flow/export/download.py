"""An export as a response that streams."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import StreamingHttpResponse

from cases.content import printable
from cases.models import Workflow
from hitl.audit.log import record
from hitl.flow.export.formats import FORMATS
from hitl.flow.export.rows import export_rows
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid

WHAT = ("cases", "decisions", "labels")


class BadExport(Invalid):
    """An export needs the parameters `what` and `format`."""

    code, status = "bad_parameter", 400


def download(
    workflow: Workflow,
    parameters: Mapping[str, Any],
    *,
    shows_personal: bool,
    shows_model: bool,
    actor: Actor,
    now: datetime,
) -> StreamingHttpResponse:
    """Return the export that the parameters `what` and `format` name; who took it is in the audit log first.

    Raises:
        BadExport: a parameter is unknown or names nothing that can be exported.
    """
    what, form = parameters.get("what", "cases"), parameters.get("format", "csv")
    problems = [
        {"field": name, "error": f'is "{printable(str(value))}"', "fix": f"Use one of {', '.join(known)}."}
        for name, value, known in (("what", what, WHAT), ("format", form, tuple(FORMATS)))
        if value not in known
    ]
    problems += [
        {"field": printable(name), "error": "is not a parameter", "fix": "Use: what, format."}
        for name in parameters
        if name not in ("what", "format")
    ]
    if problems:
        raise BadExport(problems)
    content_type, write = FORMATS[form]
    with transaction.atomic():
        detail = {"what": what, "format": form, "shows_personal": shows_personal}
        record(action="export.taken", actor=actor, now=now, about=workflow, detail=detail)
    export = export_rows(workflow, what, shows_personal=shows_personal, shows_model=shows_model)
    response = StreamingHttpResponse(write(export), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{workflow.slug}-{what}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
