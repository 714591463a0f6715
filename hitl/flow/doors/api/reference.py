"""The reference of the API as OpenAPI; it holds no secrets, so that a browser may read it without a key."""

from functools import cache

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from hitl.api.openapi import ApiKeyScheme, Shapes
from hitl.flow.doors.api.completed import completed

KNOWN = (ApiKeyScheme, Shapes)  # the generator knows them because they were imported


@cache
def document() -> bytes:
    """Return the OpenAPI document; made once a process."""
    with override("en"):  # labels of choices are in it; a page may be the first to ask
        schema = SchemaGenerator(urlconf="hitl.flow.doors.api.urls").get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schema["servers"] = [{"url": "/api/v1"}]
    return orjson.dumps(completed(schema), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Return the reference."""
    return HttpResponse(document(), content_type="application/vnd.oai.openapi+json")
