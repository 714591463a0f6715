"""Standard Webhooks 1.0: what a subscriber checks to know that an event is ours, whole and fresh."""

import base64
import secrets as random
from collections.abc import Sequence
from datetime import datetime

import orjson
from standardwebhooks import Webhook

from hitl.outbox.models import Event

_SECRET_BYTES = 32


def new_signing_secret() -> str:
    """Return a fresh secret in the standard's form."""
    return "whsec_" + base64.b64encode(random.token_bytes(_SECRET_BYTES)).decode()


def body_of(event: Event) -> bytes:
    """Return what is sent: thin, so that a lost secret or a wrong address tells little."""
    data = {"subject_id": str(event.subject_id), **event.payload}
    return orjson.dumps({"type": event.kind, "timestamp": event.at, "data": data})


def headers_of(event: Event, body: bytes, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """Return the headers, with one signature for each secret while they are being rotated."""
    name = f"msg_{event.id.hex}"
    signatures = [Webhook(secret).sign(msg_id=name, timestamp=now, data=body.decode()) for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": "hitl-webhooks/1",
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
