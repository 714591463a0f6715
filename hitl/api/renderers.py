"""Answers as JSON (ADR 0005)."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.renderers import BaseRenderer

JSON = "application/json"


class OrjsonRenderer(BaseRenderer):
    """Django REST framework's way to JSON, by orjson."""

    media_type = JSON
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Serialise; nothing for a response without a body."""
        return b"" if data is None else orjson.dumps(data)


def answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return a JSON response without the framework's negotiation."""
    return HttpResponse(orjson.dumps(body), status=status, content_type=JSON, headers=headers)
