"""Look at the settings: what is meant for one's own machine must not serve others."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from hitl.doctor.findings import Finding, fine, look, wrong

_PART = "settings"
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}


def configuration() -> Iterator[Finding]:
    """Look at what the environment says; whether it is served to others shows in HITL_ALLOWED_HOSTS."""
    if settings.DEBUG:
        yield wrong(_PART, "HITL_DEBUG is on: an error shows settings to whoever meets it.", "Unset it.")
    if "*" in settings.ALLOWED_HOSTS:
        yield wrong(
            _PART,
            "HITL_ALLOWED_HOSTS allows every host name.",
            "Name the hosts that people type, and no other.",
        )
    if set(settings.ALLOWED_HOSTS) <= _LOOPBACK:
        yield fine(_PART, "serves this machine alone (HITL_ALLOWED_HOSTS)")
    else:
        yield from _served_to_others()
    if settings.SECRET_KEY_FALLBACKS:
        yield look(
            _PART,
            "HITL_OLD_SECRET_KEYS still believes old keys.",
            "Take out a key once nothing is signed with it any more: docs/how-to/rotate-keys.md.",
        )


def _served_to_others() -> Iterator[Finding]:
    yield fine(_PART, f"serves {', '.join(sorted(settings.ALLOWED_HOSTS))}")
    if not settings.SECURE_COOKIES:
        yield wrong(
            _PART,
            "HITL_HTTPS is off, although others reach this service: sessions travel in the clear.",
            "Put TLS in front and set HITL_HTTPS=true, HITL_BEHIND_PROXY=true and HITL_TRUSTED_ORIGINS.",
        )
    elif not settings.CSRF_TRUSTED_ORIGINS:
        yield look(
            _PART,
            "HITL_TRUSTED_ORIGINS names no origin.",
            "Name the address that people type, https:// included, or forms are refused behind some proxies.",
        )
    if settings.SECURE_PROXY_SSL_HEADER and not settings.TRUSTED_PROXIES:
        yield look(
            _PART,
            "HITL_TRUSTED_PROXIES names no network: all sign-ins seem to come from the proxy.",
            "Name the network of the proxies, like 10.1.0.0/16.",
        )
    if not settings.METRICS_TOKEN:
        yield look(
            _PART,
            "HITL_METRICS_TOKEN is not set: only this machine reads /metrics.",
            "Set it for Prometheus.",
        )
    if not settings.AUDIT_HEADS_FILE:
        yield look(
            _PART,
            "HITL_AUDIT_HEADS_FILE is not set: unless a webhook or your logs keep them, no head of the audit "
            "log is kept where this service cannot change it.",
            "Name a file on a disk of somebody else, or one that only appends.",
        )
    elif not Path(settings.AUDIT_HEADS_FILE).parent.is_dir():
        yield wrong(
            _PART,
            f"HITL_AUDIT_HEADS_FILE is in a folder that does not exist: {settings.AUDIT_HEADS_FILE}.",
            "Make the folder, writable by the service.",
        )
