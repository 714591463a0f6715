"""The API's whole middleware, in one class: seven of them cost more than scoring a case does (ADR 0004)."""

import logging
import re
from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hitl.api.problems import PROBLEM_TYPE, from_error, plain, problem
from hitl.shared.errors import HitlError
from hitl.shared.given import refuse_nul, whole_number
from hitl.shared.ids import new_id
from hitl.shared.outages import is_outage, unavailable
from hitl.sizes import limit_of

log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class ApiGuard:
    """Refuses bodies that are too large before they are read, names every request, hides internals.

    Whatever goes wrong below, the answer is a problem document.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()
        except DisallowedHost:
            return problem(400, "bad_request", "The service does not answer to this host name.")
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id().hex
        response = refusal(request) or self._answer(request)
        if response.status_code >= 400 and response.get("Content-Type") != PROBLEM_TYPE:
            response = self._as_problem(response)
        response["X-Request-Id"] = request_id
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = response.get("Cache-Control", "no-store")
        if isinstance(response, HttpResponse):  # not a stream, whose length nobody knows
            response["Content-Length"] = str(len(response.content))
        if response.status_code >= 500 and response.status_code not in (
            503,
            507,
        ):  # said in one line where it was found
            log.error("request failed", extra={"request_id": request_id, "path": request.path})
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            refuse_nul(request, form=False)
        except HitlError as error:
            return from_error(error)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase:
        """Answer for a view that raised: our own errors in their words, others without details."""
        if isinstance(error, HitlError):
            return from_error(error)
        if is_outage(error):
            return from_error(unavailable(error))
        log.error("unexpected failure", exc_info=error, extra={"path": request.path})
        return plain(500)

    def _as_problem(self, response: HttpResponseBase) -> HttpResponseBase:
        answer = plain(response.status_code)
        for name in ("Allow", "WWW-Authenticate", "Retry-After"):
            if name in response:
                answer[name] = response[name]
        return answer


def refusal(request: HttpRequest) -> HttpResponseBase | None:
    """Look at the size a request announces, before a byte of its body is read."""
    if request.method not in _WITH_BODY:
        return None
    announced = request.META.get("CONTENT_LENGTH") or ""
    if not announced:
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            return problem(411, "length_required", "Send Content-Length: a body of unknown size is not read.")
        return None
    if not (announced.isascii() and announced.isdigit()):
        return problem(400, "bad_request", "Content-Length is not a number.")
    most = limit_of(request.path, request.META)
    if whole_number(announced, most=most) is None:
        return problem(
            413,
            "too_large",
            f"The body is larger than {most:,} bytes, which is what is read here. Send less at once.",
        )
    return None
