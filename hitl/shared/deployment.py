"""What the environment says of this deployment: read here, and refused by name where it cannot be read.

Nothing is guessed: a flag that is misspelt, or a number that is none, would else be a setting that nobody
chose.
"""

import math
import os
import sys
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

_YES, _NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def required(name: str, why: str) -> str:
    """Return a variable that must be set.

    Raises:
        ImproperlyConfigured: it is not, as in all that follow where a value cannot be read.
    """
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {why}. `python3 manage.py` sets it for the local mode.")
    return value


def flag(name: str) -> bool:
    """Return whether something is switched on; it is off where nothing is said."""
    said = os.environ.get(name, "").strip().lower()
    if said not in _YES | _NO:
        raise ImproperlyConfigured(f"{name} is {said!r}: write 1 to switch it on, or 0.")
    return said in _YES


def number(name: str, default: float, *, least: float) -> float:
    """Return a number that is at least so large."""
    said = os.environ.get(name, "").strip() or str(default)
    try:
        value = float(said)
    except ValueError:
        value = math.nan
    if not least <= value < math.inf:
        raise ImproperlyConfigured(f"{name} is {said!r}: write a number of {least:g} or more.")
    return value


def whole_number(name: str, default: int, *, least: int) -> int:
    """Return a whole number that is at least so large."""
    value = number(name, default, least=least)
    if value != int(value):
        raise ImproperlyConfigured(f"{name} is {value:g}: write a whole number.")
    return int(value)


def names(name: str, default: str = "") -> list[str]:
    """Return what a variable lists, separated by commas."""
    return [each.strip() for each in os.environ.get(name, default).split(",") if each.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return the networks that a variable lists, separated by commas."""
    try:
        return [ip_network(each) for each in names(name)]
    except ValueError as problem:
        raise ImproperlyConfigured(f"{name}: {problem}. Name networks like 10.1.0.0/16.") from problem


def mail_server(url: str) -> dict[str, Any]:
    """Read smtp://, smtps:// or smtp+tls://user:password@host:port; nothing where none is set."""
    if not url:
        return {}
    parts = urlsplit(url)
    ports = {"smtp": 25, "smtps": 465, "smtp+tls": 587}
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ports or not parts.hostname or port == -1:
        raise ImproperlyConfigured(
            "HITL_MAIL_URL cannot be read: write smtp://, smtps:// or smtp+tls://user:password@host:port."
        )
    return {
        "host": parts.hostname,
        "port": port or ports[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "is_ssl": parts.scheme == "smtps",
        "is_tls": parts.scheme == "smtp+tls",
    }


# And the server notices a machine of ours that is gone: whatever its sessions had locked, the relay's turn
# among it, would else stay locked for two hours.
_NOTICED = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "tcp_keepalives_idle": 10,
        "tcp_keepalives_interval": 5,
        "tcp_keepalives_count": 3,
        **({"tcp_user_timeout": 30_000} if sys.platform == "linux" else {}),
    }.items()
)


def database(url: str) -> dict[str, object]:
    """Turn a postgresql:// URL, as libpq reads it, into Django's dictionary."""
    scheme = url.partition(":")[0]
    if scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"DATABASE_URL must begin with postgresql://, not {scheme}://.")
    try:
        parts = parse_dsn(url)
    except ProgrammingError as problem:
        words = str(problem).strip().replace(url, "the address")
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {words}.") from None
    named = {name: parts.pop(name, "") for name in ("dbname", "user", "password", "host", "port")}
    asked = parts.pop("options", "")
    if not named["dbname"]:
        raise ImproperlyConfigured("DATABASE_URL names no database: end it with /name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": named["dbname"],
        "USER": named["user"],
        "PASSWORD": named["password"],
        "HOST": named["host"],
        "PORT": named["port"],
        # A connection for each request would cost 4 ms of CPU: keep them.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Whatever else the address says (sslmode, sslrootcert, target_session_attrs, ...) goes to libpq as
        # it is. A server that is gone without a word is noticed within half a minute.
        "OPTIONS": {
            "connect_timeout": "5",
            "application_name": "hitl",
            "keepalives_idle": "10",
            "keepalives_interval": "5",
            "keepalives_count": "3",
            "tcp_user_timeout": "30000",
            "options": f"{_NOTICED} {asked}".strip(),
            **parts,
        },
    }
