"""Models elsewhere over REST: list them, propose one. A person who has signed in says that it is heard."""

from base64 import b64decode
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs_sources
from hitl.flow.doors.api.workflows import object_of, workflow_of
from hitl.shared import clock
from hitl.shared.errors import Invalid, Problem
from models_store.models import Source
from models_store.selectors import sources_of
from models_store.services.remote_terms import RemoteTerms
from models_store.services.sources import propose_source
from models_store.source_figures import figures_of
from models_store.types import Door

_REMOTE = ("address", "secret", "options", "seconds", "deadline_seconds", "price")
_KNOWN = {"model", "version", "label_map", "known_answers", "door", "file", *_REMOTE}


class SourcesView(ApiView):
    """The models elsewhere of a workflow."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.MANAGE), "POST": (Scope.MANAGE,)}

    @docs_sources.LIST_SOURCES
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return them, the newest first, those that are retired last."""
        workflow = workflow_of(slug, caller(request))
        return answer({"items": [_body(one) for one in sources_of(workflow.pk)]})

    @docs_sources.PROPOSE_SOURCE
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Try a label map on known answers and propose the source; a person confirms it."""
        key = caller(request)
        workflow = workflow_of(slug, key)
        given = object_of(request, _KNOWN)
        label_map, known = given.get("label_map"), given.get("known_answers")
        problems = []
        if not isinstance(label_map, dict):
            fix = "Send an object: the workflow's label for each label that the model sends."
            problems.append(Problem(field="label_map", error="is not an object", fix=fix))
        if not isinstance(known, list):
            fix = 'Send an array of {"label": ..., "probabilities": {...}}.'
            problems.append(Problem(field="known_answers", error="is not an array", fix=fix))
        if problems:
            raise Invalid(problems)
        source = propose_source(
            workflow_id=workflow.pk,
            model=given.get("model", ""),
            version=given.get("version", ""),
            label_map=label_map,  # type: ignore[arg-type]  # looked at above
            known_answers=known,  # type: ignore[arg-type]  # as well
            actor=key.as_actor(),
            now=clock.now(),
            remote=_remote(given),
        )
        return answer(_body(source), status=201)


def _remote(given: dict[str, Any]) -> RemoteTerms | None:
    """Return how a source is asked; None where its scores come with the cases."""
    if given.get("door", Door.SCORE_IN) == Door.SCORE_IN:
        return None
    terms: dict[str, Any] = {name: given[name] for name in _REMOTE if name in given}
    problems = [
        Problem(field=name, error="is not a text", fix="Send it in quotes.")
        for name in ("door", "address", "secret")
        if not isinstance(given.get(name, ""), str)
    ]
    if not isinstance(terms.get("options", {}), dict):
        fix = "Send an object, as the page about your door says."
        problems.append(Problem(field="options", error="is not an object", fix=fix))
    file = _file(given.get("file", ""), problems)
    if problems:
        raise Invalid(problems)
    return RemoteTerms(door=given["door"], file=file, **({"address": ""} | terms))


def _file(sent: object, problems: list[Problem]) -> bytes:
    try:
        return b64decode(sent, validate=True) if isinstance(sent, str) else b64decode("?", validate=True)
    except ValueError:
        problems.append(Problem(field="file", error="is not base64", fix="Send the file's bytes in base64."))
        return b""


def _body(source: Source) -> dict[str, Any]:
    figures = figures_of(source)
    return {
        "id": str(source.pk),
        "door": source.door,
        "model": source.model,
        "version": source.version,
        "address": source.address or None,
        "label_map": source.label_map,
        "sha256": source.sha256,
        "known_answers": source.tried or None,
        "proposed_at": source.proposed_at,
        "confirmed_at": source.confirmed_at,
        "retired_at": source.retired_at,
        "received": figures.received,
        "usable": figures.usable,
        "unusable": {reason.value: n for reason, n in figures.unusable},
        "labelled": figures.labelled,
        "awaited": figures.awaited,
        "milliseconds": figures.milliseconds,
        "cost": figures.cost,
        "spared": figures.spared,
        "cost_per_case": figures.cost_per_case,
        "trouble": source.trouble_words or None,
        "release": figures.release.name if figures.release else None,
    }
