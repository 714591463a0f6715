"""What the reference says beyond what its generator knows: arrays of cases, answers that grow, webhooks."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from hitl.outbox.event_kinds import EVENT_KINDS, TEST_KIND

Document = dict[str, Any]
_REF = "#/components/schemas/"


def completed(document: Document) -> Document:
    """Return the document with all of that."""
    needs_bodies(document)
    takes_many(document)
    lets_answers_grow(document)
    document["webhooks"] = {kind: {"post": _event(kind)} for kind in (*EVENT_KINDS, TEST_KIND)}
    return document


def needs_bodies(document: Document) -> None:
    """Say that a body that is described must be there."""
    for item in document["paths"].values():
        for operation in item.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True


def takes_many(document: Document) -> None:
    """Say that cases come one at a time or as an array."""
    content = document["paths"]["/workflows/{slug}/cases"]["post"]["requestBody"]["content"]
    one = content["application/json"]["schema"]
    many = {"type": "array", "items": one, "minItems": 1, "maxItems": settings.MAX_BATCH_CASES}
    content["application/json"]["schema"] = {"oneOf": [one, many]}


def lets_answers_grow(document: Document) -> None:
    """Forbid unknown properties in bodies that are sent to us alone: answers may get more.

    A shape that is both sent and answered is described twice, the answer as `...Shown`.
    """
    schemas = document["components"]["schemas"]
    operations = [one for item in document["paths"].values() for one in item.values()]
    sent = _reached(schemas, [one.get("requestBody", {}) for one in operations])
    answered = _reached(schemas, [one["responses"] for one in operations])
    both = sent & answered
    shown = {name: f"{name}Shown" if name in both else name for name in answered}
    for name in answered:
        schema = _renamed(schemas[name], shown)
        schema.pop("additionalProperties", None)
        schemas[shown[name]] = schema
    for operation in operations:
        operation["responses"] = _renamed(operation["responses"], shown)


def _reached(schemas: Document, parts: list[Any]) -> set[str]:
    found: set[str] = set()
    todo = [name for part in parts for name in _names(part)]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += _names(schemas[name])
    return found


def _names(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value.removeprefix(_REF)
            else:
                yield from _names(value)
    elif isinstance(part, list):
        for each in part:
            yield from _names(each)


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_renamed(each, names) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _REF + names[value.removeprefix(_REF)] if key == "$ref" else _renamed(value, names)
        for key, value in part.items()
    }


def _event(kind: str) -> Document:
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {
                "type": "object",
                "required": ["subject_id"],
                "properties": {"subject_id": {"type": "string", "format": "uuid"}},
            },
        },
    }
    return {
        "operationId": f"on_{kind.replace('.', '_')}",
        "summary": f"`{kind}` happened",
        "description": "What `data` holds besides is in the list of events.",
        "tags": ["webhooks"],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"2XX": {"description": "Received; anything else is sent again."}},
        "security": [],
    }
