"""Django's request handler with a middleware stack for each kind of address (ADR 0004)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.http import HttpRequest

from hitl.shared.outages import again_where_others_won


class PageHandler(WSGIHandler):
    """As Django's; a view that lost against another transaction is called again."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Load the stack of this handler."""
        usual = settings.MIDDLEWARE
        settings.MIDDLEWARE = self.stack()
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = usual

    def stack(self) -> list[str]:
        """Return the names of its middleware."""
        return list(settings.MIDDLEWARE)

    def make_view_atomic(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Called by Django for each request, with the view that answers it."""
        calling = again_where_others_won(super().make_view_atomic(view))

        @wraps(view)
        def with_body(request: HttpRequest, *arguments: Any, **words: Any) -> Any:
            if request.content_type == "multipart/form-data":  # read once, and not kept
                return view(request, *arguments, **words)
            _ = request.body
            return calling(request, *arguments, **words)

        return with_body


class ApiHandler(PageHandler):
    """Loaded with `settings.API_MIDDLEWARE`."""

    def stack(self) -> list[str]:
        """Return the API's one middleware."""
        return list(settings.API_MIDDLEWARE)


class ProbeHandler(PageHandler):
    """No middleware: health and metrics are asked for by IP address, without session or body."""

    def stack(self) -> list[str]:
        """Return nothing."""
        return ["hitl.web.middleware.ErrorPages"]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer, and leave no connection to the thread, which ends."""
        answer = super().__call__(environ, start_response)
        connections.close_all()
        return answer
