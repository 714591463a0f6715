"""The WSGI application: the API and the pages each run through a middleware stack of their own."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from hitl.api.handler import ApiHandler
from hitl.runtime.tied import tie_worker

tie_worker()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")

_pages: WSGIHandler = get_wsgi_application()
_api: WSGIHandler = ApiHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send `/api/v1/` to the thin stack, everything else to the pages' stack."""
    handler = _api if environ.get("PATH_INFO", "").startswith("/api/v1/") else _pages
    return handler(environ, start_response)
