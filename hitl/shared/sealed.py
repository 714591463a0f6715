"""Secrets of others, encrypted where they are kept: read by the service alone, and shown to nobody."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from hitl.shared.canonical import derived_key_under


class Unreadable(Exception):
    """The secret was encrypted under a key that the service no longer has."""


def seal(text: str) -> bytes:
    """Encrypt under a key derived from the service's secret (AES-128-CBC and HMAC-SHA256, `Fernet`)."""
    return _keys().encrypt(text.encode())


def unseal(sealed: bytes) -> str:
    """Decrypt what `seal` returned, under this secret or one that the service had before.

    Raises:
        Unreadable: it was sealed under another secret, or changed.
    """
    try:
        return _keys().decrypt(sealed).decode()
    except InvalidToken:
        raise Unreadable from None


def _keys() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(urlsafe_b64encode(derived_key_under(one, "sealed"))) for one in secrets])
