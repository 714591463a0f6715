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
from hitl.flow.export.streamed import as_response
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words

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
    """Return the export that `what` and `format` name; who took it is in the audit log first.

    `end=count` ends it with the number of its rows.

    Raises:
        BadExport: a parameter is unknown or names nothing that can be exported.
    """
    what, form = parameters.get("what", "cases"), parameters.get("format", "csv")
    end = parameters.get("end", "")
    problems = [
        Problem(
            field=name,
            error=Words('is "%(value)s"', value=printable(str(value))),
            fix=Words("Use one of %(known)s.", known=", ".join(filter(None, known))),
        )
        for name, value, known in (
            ("what", what, WHAT),
            ("format", form, tuple(FORMATS)),
            ("end", end, ("", "count")),
        )
        if value not in known
    ]
    problems += [
        Problem(field=printable(name), error="is not a parameter", fix="Use: what, format, end.")
        for name in parameters
        if name not in ("what", "format", "end")
    ]
    if problems:
        raise BadExport(problems)
    with transaction.atomic():
        detail = {"what": what, "format": form, "shows_personal": shows_personal}
        record(action="export.taken", actor=actor, now=now, about=workflow, detail=detail)
    export = export_rows(workflow, what, shows_personal=shows_personal, shows_model=shows_model)
    return as_response(export, FORMATS[form], name=f"{workflow.slug}-{what}", ends_with_count=end == "count")
