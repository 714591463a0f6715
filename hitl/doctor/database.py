"""Look at the database: is it there, is it migrated, what may the service's role do, do the clocks agree."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import OperationalError, connection

from hitl.doctor.findings import Finding, fine, look, wrong
from hitl.health import migrations_behind
from hitl.runtime.database_roles import may_tamper

_PART = "database"
MIN_VERSION = 150_000
SPARE_CONNECTIONS = 10
CLOCK_LOOK, CLOCK_WRONG = 1.0, 5.0  # seconds


def database() -> Iterator[Finding]:
    """Look at what it is, and at what the service may do in it."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        yield wrong(_PART, f"PostgreSQL cannot be reached: {reason}", "Start it, or correct DATABASE_URL.")
        return
    yield from _version()
    yield from _migrations()
    yield from _role()
    yield from _connections()
    yield from _clock()


def _version() -> Iterator[Finding]:
    version = connection.pg_version  # type: ignore[attr-defined]
    words = f"PostgreSQL {version // 10_000}"
    if version < MIN_VERSION:
        yield wrong(_PART, f"{words} is too old.", "Use PostgreSQL 15 or newer.")
    else:
        yield fine(_PART, f"{words} answers")


def _migrations() -> Iterator[Finding]:
    if behind := migrations_behind():
        yield wrong(_PART, f"{behind} migrations are not applied.", "Run `python3 manage.py migrate`.")
    else:
        yield fine(_PART, "all migrations are applied")


def _role() -> Iterator[Finding]:
    if may_tamper(connection):
        yield look(
            _PART,
            f"the role {connection.settings_dict['USER']} owns the tables: whoever takes over the service "
            "can change what it recorded.",
            "Give the service a role of its own: docs/how-to/run-in-production.md.",
        )
    else:
        yield fine(_PART, "the service's role can change nothing that was recorded")


def _connections() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int, count(*) FROM pg_stat_activity")
        most, used = cursor.fetchone()
    if most - used < SPARE_CONNECTIONS:
        yield look(
            _PART,
            f"{used} of {most} connections are taken.",
            "Raise max_connections, or run fewer web processes and workers.",
        )


def _clock() -> Iterator[Finding]:
    before, asked = datetime.now(UTC), time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there = cursor.fetchone()[0]
    trip = time.monotonic() - asked
    apart = abs((there - before).total_seconds() - trip / 2) - trip / 2
    if apart < CLOCK_LOOK:
        return
    words = f"the clocks of this machine and of the database differ by {apart:.1f} s."
    fix = "Let both follow the same time server: leases, deadlines and budgets go by the clock."
    yield wrong(_PART, words, fix) if apart >= CLOCK_WRONG else look(_PART, words, fix)
