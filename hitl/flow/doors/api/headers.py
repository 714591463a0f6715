"""What intake reads from the headers of a request."""

from collections.abc import Mapping
from typing import Any

from hitl.shared.errors import Invalid, Problem

MAX_IDEMPOTENCY_KEY = 200


def idempotency_key(meta: Mapping[str, Any]) -> str | None:
    """Return the Idempotency-Key, None when none was sent.

    Raises:
        Invalid: it is empty, too long or has odd characters.
    """
    value = meta.get("HTTP_IDEMPOTENCY_KEY")
    if value is None:
        return None
    key = str(value).strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]  # the draft writes it as a structured-field string
    if not 0 < len(key) <= MAX_IDEMPOTENCY_KEY or not key.isascii() or not key.isprintable():
        fix = f"Send 1 to {MAX_IDEMPOTENCY_KEY} printable ASCII characters, like a UUID."
        raise Invalid([Problem(field="Idempotency-Key", error="does not fit", fix=fix)])
    return key


def wants_async(meta: Mapping[str, Any]) -> bool:
    """Tell whether the client prefers an answer before the work is done (RFC 7240)."""
    preferences = str(meta.get("HTTP_PREFER", "")).lower()
    return any(part.split(";")[0].strip() == "respond-async" for part in preferences.split(","))


def media_type(meta: Mapping[str, Any]) -> str:
    """Return the Content-Type without its parameters."""
    return str(meta.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
