"""Errors as `application/problem+json` (RFC 9457): what is wrong, in which field, and how to mend it."""

import logging
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse
from rest_framework import exceptions

from hitl.shared.errors import HitlError, NotFound, Problem

log = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
_SHOWN_FACTS = 300


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[Problem] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """Return the answer to a request that cannot be carried out."""
    body: dict[str, Any] = {
        "type": f"urn:hitl:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = errors
    return HttpResponse(orjson.dumps(body), status=status, content_type=PROBLEM_TYPE, headers=headers)


def from_error(error: HitlError) -> HttpResponse:
    """Turn the product's own error into a problem; extra facts that are plain values go along."""
    return problem(
        error.status,
        error.code,
        error.message,
        errors=error.facts.get("errors"),
        headers=error.facts.get("headers"),
    )


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Django REST framework's exception handler; None lets an unexpected one become a 500."""
    if isinstance(error, HitlError):
        return from_error(error)
    if isinstance(error, Http404):
        return from_error(NotFound())
    if isinstance(error, PermissionDenied):
        return problem(403, "not_allowed", "Your key does not include this.")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "too_large", "The request is too large. See /limits for what fits.")
    if isinstance(error, SuspiciousOperation):
        return problem(400, "bad_request", "The request could not be read.")
    if isinstance(error, exceptions.APIException):
        return _from_framework(error)
    return None


_CODES = {400: "bad_request", 401: "not_authenticated", 403: "not_allowed", 405: "method_not_allowed"}


def _from_framework(error: exceptions.APIException) -> HttpResponse:
    status = int(error.status_code)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    detail = str(error.detail)[:_SHOWN_FACTS] if not isinstance(error.detail, dict | list) else str(error)
    return problem(status, _CODES.get(status, "error"), detail, headers=headers)


def plain(status: int) -> HttpResponse:
    """Return the problem for a bare HTTP status, without any internals."""
    code, detail = _PLAIN.get(status, ("error", HTTPStatus(status).description or HTTPStatus(status).phrase))
    return problem(status, code, detail)


_PLAIN = {
    400: ("bad_request", "The request could not be read."),
    404: ("not_found", "There is no such address in this API. /api/docs/ lists them all."),
    405: ("method_not_allowed", "This address does not know that method. /api/docs/ lists what it knows."),
    500: (
        "internal_error",
        "Something went wrong here, not in your request. Send it again, what writes with the same "
        "Idempotency-Key; if it stays, tell the operator the X-Request-Id.",
    ),
}
