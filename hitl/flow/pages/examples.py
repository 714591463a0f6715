"""A line of curl that works: the workflow's own fields, filled with something that fits."""

import json
import shlex
from collections.abc import Sequence
from typing import Any

from science.fields import MEDIA_KINDS, Field, Kind


def example_content(fields: Sequence[Field]) -> dict[str, Any]:
    """Return content that fits the fields, apart from files."""
    return {field.name: _value(field) for field in fields if field.kind not in MEDIA_KINDS}


def curl_line(address: str, fields: Sequence[Field], secret: str) -> str:
    """Return the command that submits one case."""
    files = [field for field in fields if field.kind in MEDIA_KINDS]
    content = json.dumps(example_content(fields), ensure_ascii=False)
    head = f"curl {shlex.quote(address)} \\\n  -H {shlex.quote(f'Authorization: Bearer {secret}')} \\\n"
    if not files:
        body = json.dumps({"content": example_content(fields)}, ensure_ascii=False)
        return head + f"  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(body)}"
    parts = [f"-F {shlex.quote(f'content={content}')}"]
    parts += [f"-F {shlex.quote(f'{field.name}=@{_file(field)}')}" for field in files]
    return head + " \\\n".join(f"  {part}" for part in parts)


def _file(field: Field) -> str:
    return "picture.png" if field.kind is Kind.IMAGE else "recording.wav"


def _value(field: Field) -> object:
    if field.kind is Kind.NUMBER:
        low, high = field.minimum, field.maximum
        return low if low is not None else high if high is not None else 1
    if field.kind is Kind.CATEGORY:
        return field.options[0] if field.options else "one of them"
    examples: dict[Kind, object] = {Kind.DATE: "2026-11-23", Kind.BOOLEAN: True}
    text = examples.get(field.kind, "Some text")
    return text[: field.max_length] if isinstance(text, str) and field.max_length else text
