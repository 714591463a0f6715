"""One byte form for one value: what hashes and signatures are taken over."""

import hashlib
import hmac
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings


def canonical_json(value: Any) -> bytes:
    """Serialise with sorted keys and no spaces, so that equal values give equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def sha256(data: bytes) -> bytes:
    """Return the 32 bytes of the digest."""
    return hashlib.sha256(data).digest()


def derived_key(purpose: str) -> bytes:
    """Return a 32-byte key for one purpose, derived from the service's secret (HKDF-like, one block)."""
    return _derived(settings.SECRET_KEY, purpose)


def derived_key_under(secret: str, purpose: str) -> bytes:
    """As `derived_key`, from a secret that the service has or had."""
    return _derived(secret, purpose)


@lru_cache(maxsize=64)
def _derived(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), b"hitl/" + purpose.encode(), "sha256")


def sign(purpose: str, data: bytes) -> bytes:
    """Return the HMAC-SHA256 of `data` under the key of `purpose`."""
    return hmac.digest(derived_key(purpose), data, "sha256")


def signature_holds(purpose: str, data: bytes, signature: bytes) -> bool:
    """Compare in constant time with what the service signs now, or signed under a secret it had before."""
    keys = [_derived(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return any(hmac.compare_digest(hmac.digest(key, data, "sha256"), bytes(signature)) for key in keys)
