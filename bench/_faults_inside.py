"""Faults of what the service stands on: database, broker, disk, clock, and its own processes."""

import base64
import subprocess
import time
from pathlib import Path

from django.db import OperationalError, connection, transaction

from bench._faults_load import Ledger
from bench._faults_service import Background, Service, end_postgres, end_valkey, pause
from hitl.bench.rows import Row
from hitl.outbox.models import Event
from hitl.shared.outages import lost_to_others

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MOUNT, UMOUNT = "/bin/mount", "/bin/umount"
_AUDIT_LOCK = 0x68_69_74_6C


def postgres_gone(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """The database is not there at all, then comes back with its crash recovery."""
    with ledger.watching("PostgreSQL gone") as seen:
        connection.close()
        end_postgres(service)
        pause(10 if quick else 120)
        status, _ = service.ask("GET", "/login/")
        seen.notes.append(f"the sign-in page says {status}")
        service.postgres.start()
        seen.ended = time.monotonic()
    statuses = sorted({status for at, status in seen.refused if seen.began + 1 < at < seen.ended})
    wrong = sum(status != 503 for at, status in seen.refused if seen.began + 1 < at < seen.ended)
    return [
        *seen.rows(must_hold=False),
        Row("  answers other than 503 while it was gone", "answers", float(wrong), bar=0, note=str(statuses)),
    ]


def broker_gone(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """The broker is not there: cases are taken in all the same."""
    with ledger.watching("the broker gone") as seen:
        end_valkey(service)
        pause(10 if quick else 120)
        service.valkey.start()
        seen.ended = time.monotonic()
    return seen.rows()


def deadlocks(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """Somebody takes the locks of a change in the wrong order, again and again, while the API changes
    things."""
    statuses: list[int] = []
    lost = {"to us": 0, "the other": 0}

    def change(background: Background) -> None:
        number = 0
        while not background.is_over.is_set():
            number += 1
            try:
                status, _ = service.ask(
                    "PATCH",
                    "/api/v1/workflows/loans",
                    {"description": f"No {number}", "name": f"Loans {number}"},
                )
            except OSError:
                status = 0
            statuses.append(status)

    with ledger.watching("a deadlock on purpose") as seen, Background() as background:
        background.run(change, background)
        for _ in range(5 if quick else 60):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SET LOCAL deadlock_timeout = '3s'")  # the service loses
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_AUDIT_LOCK])
                    time.sleep(0.3)
                    cursor.execute("SELECT 1 FROM cases_workflow WHERE slug = 'loans' FOR NO KEY UPDATE")
                lost["the other"] += 1
            except OperationalError as error:
                lost["to us"] += lost_to_others(error)
            pause(1.5)  # else whoever is tried again meets the next one
        background.is_over.set()
        seen.ended = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    wrong = sum(status != 200 for status in statuses)
    seen.notes.append(f"{count} deadlocks, {len(statuses)} changes by the API")
    return [*seen.rows(), Row("  changes that were not carried out", "changes", float(wrong), bar=0)]


def disk_full(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """No room for media; then there is some again."""
    media = service.data / "media"
    media.mkdir(exist_ok=True)
    mounted = subprocess.run(
        [MOUNT, "-t", "tmpfs", "-o", "size=4k,nr_inodes=1", "tmpfs", str(media)], capture_output=True
    )
    if mounted.returncode:
        return [Row("disk full for media", "answers", None, note="not run: it takes the right to mount")]
    try:
        with ledger.watching("disk full for media") as seen:
            statuses = []
            for _ in range(10 if quick else 30):
                statuses.append(_send_photo(service))
                pause(1)
            seen.ended = time.monotonic()
        left = list(media.rglob("*"))
    finally:
        subprocess.run([UMOUNT, str(media)], check=True)
    after = _send_photo(service)
    seen.notes.append(f"a photo then: {sorted(set(statuses))}; with room again: {after}")
    wrong = sum(status not in (503, 507) for status in statuses) + (after != 201)
    return [
        *seen.rows(),
        Row("  photos refused in another way than 503 or 507", "photos", float(wrong), bar=0),
        Row("  files left half written", "files", float(len([each for each in left if each.is_file()])),
        bar=0),
    ]  # fmt: skip


def _send_photo(service: Service) -> int:
    boundary = "photo-of-a-bench"
    parts = (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        ).encode()
        + PNG
        + f"\r\n--{boundary}--\r\n".encode()
    )
    try:
        status, _ = service.ask(
            "POST",
            "/api/v1/workflows/photos/cases",
            parts,
            Content_Type=f"multipart/form-data; boundary={boundary}",
        )
    except OSError:
        return 0
    return status


def clock_steps(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """The clock of every process of the service goes an hour ahead, back, and an hour behind."""
    with ledger.watching("clock steps of an hour both ways") as seen:
        for step in ("3600", "0", "-3600", "0"):
            service.time_file.write_text(step)
            pause(4 if quick else 20)
        seen.ended = time.monotonic()
    return seen.rows()


def kills(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """`kill -9` of each kind of process in turn."""
    rows: list[Row] = []
    for name, words in (
        ("a web process", ("granian", "hitl.wsgi")),
        ("the front", ("nginx: master",)),
        ("the worker for safety", ("celery", "safety")),
        ("the worker for bulk", ("celery", "bulk")),
        ("the clock", ("celery", "beat")),
    ):
        with ledger.watching(f"kill -9 of {name}", settle=1.0) as seen:
            victims = service.processes(*words)
            if victims:
                victims[0].kill()
            seen.hurt = time.monotonic()
            seen.notes.append(f"{len(victims)} there")
            pause(10 if quick else 20)
            seen.ended = time.monotonic()
        rows += seen.rows(must_hold=False)
    return rows


def half_written(data: Path) -> int:
    """Return how many temporary files lie in the data directory."""
    return sum(1 for path in data.rglob("*.tmp") if path.is_file())


def events_without_cases() -> int:
    """Return how many events name a case that is not there."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {Event._meta.db_table} e WHERE kind LIKE 'case.%%' "  # noqa: S608
            "AND NOT EXISTS (SELECT 1 FROM cases_case c WHERE c.id = e.subject_id)"
        )
        return int(cursor.fetchone()[0])
