"""Slow down password guessing: a few failures a minute per account and address, some more per address.

Whoever tries a new name each time is slowed down by the second.

An attempt is written down before the password is looked at, under a lock, so that many at once do not
slip through together; a success takes it back. PostgreSQL keeps them: all processes count alike.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from hitl.shared.canonical import sign
from hitl.shared.errors import HitlError
from hitl.shared.words import Words
from hitl.web.models import LoginAttempt

FAILURES = 5
FAILURES_OF_AN_ADDRESS = 10
"""Many people may share an address; what they get right is not counted. Each takes a web process as long as a
password takes to look at, so a storm of them is one of load as well."""
WINDOW = timedelta(minutes=1)


class TooManyAttempts(HitlError):
    """Too many failed attempts from this address."""

    code, status = "too_many_attempts", 429


def source_of(username: str, address: str) -> bytes:
    """Return what attempts are counted by."""
    return sign("login-attempt", f"{username.casefold()}\n{address}".encode())


@transaction.atomic
def begin_attempt(*, source: bytes, now: datetime, most: int = FAILURES) -> int:
    """Count an attempt that is about to be made, and return its number.

    Raises:
        TooManyAttempts: the allowance of the last minute is used up; `seconds` says until when.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(source[:8], "big", signed=True)])
    LoginAttempt.objects.filter(at__lte=now - WINDOW).delete()
    recent = list(
        LoginAttempt.objects.filter(source=source).order_by("-at").values_list("at", flat=True)[:most]
    )
    if len(recent) == most:
        seconds = max(1, round((recent[-1] + WINDOW - now).total_seconds()))
        raise TooManyAttempts(
            Words("Too many failed attempts. Try again in %(seconds)s s.", seconds=seconds), seconds=seconds
        )
    return LoginAttempt.objects.create(source=source, at=now).pk


def forget_attempts(*attempts: int, source: bytes | None = None) -> None:
    """Count these attempts no longer, nor any of the source: they succeeded, or were not looked at."""
    LoginAttempt.objects.filter(Q(pk__in=attempts) | Q(source=source)).delete()
