"""The WSGI application: API, pages and probes each run through a middleware stack of their own."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from hitl.runtime.tied import tie_worker

tie_worker()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
get_wsgi_application()  # sets Django up
_ = (
    get_resolver().url_patterns
)  # takes a second or more: before anybody waits, not on the first request or probe

from hitl.api.handler import ApiHandler, PageHandler, ProbeHandler  # noqa: E402
from hitl.shared.probes import PATHS, serve_probes_if_asked  # noqa: E402
from hitl.shared.tracing import WSGI, start_tracing, traced  # noqa: E402

start_tracing()
_pages: WSGI = traced(PageHandler())
_api: WSGI = traced(ApiHandler())
_probes: WSGIHandler = ProbeHandler()

serve_probes_if_asked(_probes)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send `/api/v1/` to the thin stack, probes to none, everything else to the pages' stack."""
    path = environ.get("PATH_INFO", "")
    handler = _api if path.startswith("/api/v1/") else _probes if path.startswith(PATHS) else _pages
    return handler(environ, start_response)
