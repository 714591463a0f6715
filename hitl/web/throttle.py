"""Slow down password guessing: a few failures a minute per account and address.

An attempt is written down before the password is looked at, under a lock, so that many at once do not
slip through together; a success takes it back. PostgreSQL keeps them: all processes count alike.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from hitl.shared.canonical import sign
from hitl.shared.errors import HitlError
from hitl.web.models import LoginAttempt

FAILURES = 5
WINDOW = timedelta(minutes=1)


class TooManyAttempts(HitlError):
    """Too many failed attempts for this account from this address."""

    code, status = "too_many_attempts", 429


def source_of(username: str, address: str) -> bytes:
    """Return what attempts are counted by."""
    return sign("login-attempt", f"{username.casefold()}\n{address}".encode())


@transaction.atomic
def begin_attempt(*, source: bytes, now: datetime) -> None:
    """Count an attempt that is about to be made.

    Raises:
        TooManyAttempts: the allowance of the last minute is used up; `seconds` says until when.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(source[:8], "big", signed=True)])
    LoginAttempt.objects.filter(at__lte=now - WINDOW).delete()
    recent = list(
        LoginAttempt.objects.filter(source=source).order_by("-at").values_list("at", flat=True)[:FAILURES]
    )
    if len(recent) == FAILURES:
        seconds = max(1, round((recent[-1] + WINDOW - now).total_seconds()))
        raise TooManyAttempts(f"Too many failed attempts. Try again in {seconds} s.", seconds=seconds)
    LoginAttempt.objects.create(source=source, at=now)


def forget_attempts(*, source: bytes) -> None:
    """Clear the count after a success."""
    LoginAttempt.objects.filter(source=source).delete()
