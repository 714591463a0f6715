"""The Content-Security-Policy of every page, and the pages that show errors."""

import json
import logging
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext, gettext_lazy

from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.shared.errors import HitlError, NotAllowed, in_language, sentence
from hitl.shared.given import refuse_nul, whole_number
from hitl.shared.outages import is_outage, unavailable
from hitl.shared.words import shown
from hitl.sizes import MAX_FORM_BYTES, limit_of

log = logging.getLogger(__name__)

OPEN_TO_READERS = frozenset(
    {"login", "logout", "profile", "change-password", "audit", "promise-check", "replay", "replay-end"}
)
"""Names of addresses to which auditors send something too: their own account's, checks, and replays."""


# Nothing inline and nothing from elsewhere; a constant, so that no answer has to put it together.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)


class ContentPolicy:
    """Sets the Content-Security-Policy of every answer that has none of its own (ADR 0023)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", CONTENT_POLICY)
        return response


class ErrorPages:
    """Answers a `HitlError` with its own sentence: a page, or a toast where htmx asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        """Called by Django before a view; what holds for all of them is refused here."""
        try:
            refuse_nul(request, form=request.method == "POST")
            if request.method == "POST":
                _refuse_readers(request)
        except HitlError as error:
            return self.process_exception(request, error)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django when a view has raised."""
        if is_outage(error):
            return outage(request, unavailable(error))
        if not isinstance(error, HitlError):
            return None
        log.info("refused", extra={"code": error.code, "path": request.path})
        if getattr(request, "htmx", False):
            return toast_response(error)
        response = render(request, "hitl/trouble.html", trouble(error), status=error.status)
        for name, value in error.facts.get("headers", {}).items():
            response[name] = value
        return response


def _refuse_readers(request: HttpRequest) -> None:
    """Refuse what would change something to whoever only audits, before anything else is said about it.

    Raises:
        NotAllowed: the address is not one of their own account's, nor one that only looks.
    """
    match, user = request.resolver_match, request.user
    if match is None or match.url_name in OPEN_TO_READERS or not isinstance(user, User):
        return
    if set(user.roles) == {Role.AUDITOR} and not user.is_superuser:
        raise NotAllowed("Auditors read everything and change nothing.")


class BodyGuard:
    """Refuses a body that is too large or of unknown size before a byte of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or ""
        if not announced:
            if request.META.get("HTTP_TRANSFER_ENCODING"):
                return _large(MAX_FORM_BYTES, 411)
            return self.get_response(request)
        if not (announced.isascii() and announced.isdigit()):
            return HttpResponse(loader.render_to_string("400.html"), status=400)
        most = limit_of(request.path, request.META)
        if whole_number(announced, most=most) is None:
            return _large(most, 413)
        return self.get_response(request)


def _large(most: int, status: int) -> HttpResponse:
    return HttpResponse(loader.render_to_string("413.html", {"most": most}), status=status)


def outage(request: HttpRequest, error: HitlError) -> HttpResponse:
    """Answer while the database is gone: without anything that would ask it."""
    if getattr(request, "htmx", False):
        response = toast_response(error)
    else:
        is_full = error.status == 507
        title = gettext("There is no room left") if is_full else gettext("The database does not answer")
        facts = {"message": shown(error.message), "title": title, "status": error.status}
        response = HttpResponse(loader.render_to_string("503.html", facts), status=error.status)
    for name, value in error.facts["headers"].items():
        response[name] = value
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for what no view and no middleware caught, sessions that cannot be written among it."""
    error = sys.exc_info()[1]
    if error is not None and is_outage(error):
        return outage(request, unavailable(error))
    return HttpResponse(loader.render_to_string("500.html"), status=500)


def toast_response(error: HitlError) -> HttpResponse:
    """Leave the page as it is and show the sentence in its corner."""
    response = HttpResponse(status=error.status)
    words = " ".join([shown(error.message), *map(sentence, error.facts.get("errors", []))])
    response["HX-Trigger"] = json.dumps({"hitl:toast": {"words": words, "tone": "bad"}})
    response["HX-Reswap"] = "none"
    return response


def trouble(error: HitlError) -> dict[str, object]:
    """Return what `hitl/trouble.html` shows."""
    title, hint = _SAID.get(error.status, _SAID[400])
    return {
        "status": error.status,
        "code": error.code,
        "title": title,
        "message": shown(error.message),
        "hint": hint,
        "problems": [in_language(each) for each in error.facts.get("errors", [])],
    }


_SAID = {
    400: (
        gettext_lazy("This request could not be read"),
        gettext_lazy("Go back, check what you entered, and send it again."),
    ),
    403: (
        gettext_lazy("This is not part of your role"),
        gettext_lazy("Ask an administrator to grant you the role that includes it."),
    ),
    404: (
        gettext_lazy("Nothing is here"),
        gettext_lazy("The address may be mistyped, or what it named is not yours to see."),
    ),
    409: (gettext_lazy("Somebody was faster"), gettext_lazy("Load the page again to see the present state.")),
    422: (
        gettext_lazy("Something does not fit"),
        gettext_lazy("Correct what is named below and send it again."),
    ),
    429: (gettext_lazy("Too much at once"), gettext_lazy("Wait a moment, then try again.")),
    503: (gettext_lazy("Not just now"), gettext_lazy("Wait a moment, then try again.")),
}
