"""A curl line that works: the workflow's own fields, filled with values that fit."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from science.fields import MEDIA_KINDS, Field, Kind

TEXT = 200  # characters: a whole mail does not belong on a command line


def example_content(fields: Sequence[Field], like: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return content that fits the fields, apart from files; `like` that of a case, its texts cut short."""
    texts = [field for field in fields if field.kind not in MEDIA_KINDS]
    if like is not None:
        return {field.name: _short(like[field.name]) for field in texts if field.name in like}
    return {field.name: _value(field) for field in texts}


def curl_line(
    address: str, fields: Sequence[Field], secret: str, *, like: Mapping[str, Any] | None = None
) -> str:
    """Return the command that submits one case, `like` another where there is one."""
    files = [field for field in fields if field.kind in MEDIA_KINDS]
    content = json.dumps(example_content(fields, like), ensure_ascii=False)
    head = f"curl {shlex.quote(address)} \\\n  -H {shlex.quote(f'Authorization: Bearer {secret}')} \\\n"
    if not files:
        body = f'{{"content": {content}}}'
        return head + f"  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(body)}"
    parts = [f"-F {shlex.quote(f'content={content}')}"]
    parts += [f"-F {shlex.quote(f'{field.name}=@{_file(field)}')}" for field in files]
    return head + " \\\n".join(f"  {part}" for part in parts)


def _file(field: Field) -> str:
    return "picture.png" if field.kind is Kind.IMAGE else "recording.wav"


def _short(value: object) -> object:
    return value[:TEXT] if isinstance(value, str) else value


def _value(field: Field) -> object:
    if field.kind is Kind.NUMBER:
        low, high = field.minimum, field.maximum
        return low if low is not None else high if high is not None else 1
    if field.kind is Kind.CATEGORY:
        return field.options[0] if field.options else f"some {field.name}"[: field.max_length]
    examples: dict[Kind, object] = {Kind.DATE: "2026-11-23", Kind.BOOLEAN: True}
    text = examples.get(field.kind, "Some text")
    return text[: field.max_length] if isinstance(text, str) and field.max_length else text
