"""Take in cases over REST: one, many, with files, or for later."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from cases.services.kept_files import keep_file
from hitl.accounts.clients import ClientKey, as_client, forget_client
from hitl.accounts.models import ApiKey
from hitl.accounts.types import Scope
from hitl.api.problems import problem
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.doors.api.batches import accept
from hitl.flow.doors.api.headers import idempotency_key, media_type, wants_async
from hitl.flow.doors.api.listing import list_cases
from hitl.flow.doors.api.multipart import read_multipart
from hitl.flow.intake.in_force import workflow_in_force
from hitl.flow.intake.parse import MULTIPART, read_cases
from hitl.flow.intake.replays import KeyRevoked, check_key, request_digest
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, ItemResult
from hitl.shared import clock
from hitl.shared.canonical import canonical_json, sha256
from hitl.shared.errors import NotFound


class CasesView(ApiView):
    """Submit cases to a workflow, and list what was submitted."""

    scopes: ClassVar = {"POST": (Scope.SUBMIT,), "GET": (Scope.READ,)}
    may_use_kept_key_for: ClassVar = frozenset({"POST"})

    @docs.SUBMIT
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Decide the cases, or hand them to people, and say which."""
        raw: HttpRequest = request._request
        key = caller(request)
        content_type = media_type(raw.META)
        once = idempotency_key(raw.META)
        if content_type == MULTIPART:
            return _single(_with_files(raw, slug, key, once))
        body = raw.body
        sent = read_cases(body, content_type)
        if wants_async(raw.META):
            return accept(slug=slug, body=body, content_type=content_type, key=key, idempotency_key=once)
        intake = Intake(
            slug=slug,
            items=sent.items,
            key=key,
            now=clock.now(),
            idempotency_key=once,
            request_sha256=request_digest(slug, body, is_batch=sent.is_batch) if once else None,
            is_batch=sent.is_batch,
        )
        results = submit(intake)
        return _many(results) if sent.is_batch else _single(results[0])

    @docs.LIST_CASES
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return a page of the workflow's cases, newest first."""
        return list_cases(slug, request.query_params, caller(request))


def submit(intake: Intake) -> list[ItemResult]:
    """Submit under the key as it is in the database now.

    The key was perhaps read a moment ago. A write under an old version is refused by the database; where
    nothing is written, or the workflow is not among the key's, the key is read again before that is said.
    """
    try:
        return _submit(intake)
    except (KeyRevoked, NotFound) as refused:
        if intake.key is None:
            raise
        current = _current(intake.key, intake)
        if current is None:
            raise KeyRevoked() from None
        if current == intake.key:
            raise refused from None
        return _submit(replace(intake, key=current))


def _submit(intake: Intake) -> list[ItemResult]:
    results = submit_cases(intake)
    if not any(result.status == 201 for result in results):
        check_key(intake.key)
    return results


def _current(key: ClientKey, intake: Intake) -> ClientKey | None:
    forget_client(key.id)
    row = ApiKey.objects.filter(pk=key.id).first()
    if row is None or not row.is_live(intake.now) or Scope.SUBMIT not in row.scopes:
        return None
    return as_client(row)


def _with_files(raw: HttpRequest, slug: str, key: ClientKey, once: str | None) -> ItemResult:
    current = workflow_in_force(slug)
    if not key.may_use(current.workflow_id):
        raise NotFound(f'There is no workflow "{slug[:60]}", or it is not yours.')
    item, files = read_multipart(raw, current)
    now = clock.now()
    for file in files:
        keep_file(file, workflow_id=current.workflow_id, now=now)
    sent = [slug, item.content, item.reference, raw.POST.get("scores")]
    request_sha256 = sha256(canonical_json(sent)) if once else None
    intake = Intake(
        slug=slug, items=[item], key=key, now=now, idempotency_key=once, request_sha256=request_sha256
    )
    return submit(intake)[0]


def _single(result: ItemResult) -> HttpResponse:
    if result.case is None:
        code = "reference_taken" if result.status == 409 else "invalid"
        detail = "The case was not taken in. See `errors` for each field and its fix."
        return problem(result.status, code, detail, errors=result.errors)
    headers = {"Location": f"/api/v1/cases/{result.case['id']}", **_replayed([result])}
    return answer(result.case, status=201, headers=headers)


def _many(results: list[ItemResult]) -> HttpResponse:
    rejected = sum(result.case is None for result in results)
    body = {
        "accepted": len(results) - rejected,
        "rejected": rejected,
        "items": [item_body(place, result) for place, result in enumerate(results)],
    }
    return answer(body, status=207 if rejected else 200, headers=_replayed(results))


def _replayed(results: Sequence[ItemResult]) -> dict[str, str]:
    """A request sent again is answered as the first time, and this header alone says so."""
    return {"Idempotent-Replayed": "true"} if any(result.is_replay for result in results) else {}


def item_body(place: int, result: ItemResult) -> dict[str, Any]:
    """Return what a batch says about one of its cases."""
    body: dict[str, Any] = {"index": place, "status": 201 if result.is_replay else result.status}
    if result.case is not None:
        body["case"] = result.case
    if result.errors:
        body["errors"] = result.errors
    return body
