"""The language and the time zone of every page: the person's own, else what the browser asks for.

The API has none: it answers in English, in UTC (ADR 0089). Whatever a page has chosen ends with the page:
the next request of the same thread may be the API's.
"""

from collections.abc import Callable
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from hitl.accounts.models import User


class PersonsLanguage:
    """Says everything that a request answers in the language and the time zone of who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language, deactivate=True), timezone.override(zone_of(request)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"])
        return response


def language_of(request: HttpRequest) -> str:
    """Return the language for a request: the person's, else what the browser asks for, else English."""
    wanted = _chosen(request, "language")
    return wanted if wanted in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


def zone_of(request: HttpRequest) -> tzinfo:
    """Return the time zone of who asks; UTC where none was chosen."""
    if name := _chosen(request, "zone"):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):  # it was known elsewhere, or before
            pass
    return UTC


def zones() -> list[str]:
    """Return the names of the time zones that people live in."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))


def _chosen(request: HttpRequest, what: str) -> str:
    user = request.user
    return str(user.preferences.get(what, "")) if isinstance(user, User) else ""
