"""A client of the API: Django's own, through the API's middleware, with a key."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler


class _Handler(ClientHandler):
    def load_middleware(self, is_async: bool = False) -> None:
        pages, settings.MIDDLEWARE = settings.MIDDLEWARE, settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = pages


class ApiClient(Client):
    """Sends JSON under one key. An error inside a view comes back as the client would see it."""

    def __init__(self, secret: str | None) -> None:
        super().__init__(raise_request_exception=False)
        self.handler = _Handler(enforce_csrf_checks=True)
        self.handler.raise_request_exception = False
        self.secret = secret

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Send a request; a body that is not bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        given = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        response: Any = self.generic(
            method,
            "/api/v1" + path,
            data,
            content_type=content_type if data else "",
            headers={**given, **(headers or {})},
        )
        return response
