"""Look at what runs jobs: the broker, a worker for every queue, and beat."""

from collections.abc import Iterator
from datetime import timedelta

import redis
from celery import current_app
from django.conf import settings
from django_celery_beat.models import PeriodicTask

from hitl.doctor.findings import Finding, fine, look, wrong
from hitl.schedule import QUEUES, SHORT
from hitl.shared import clock

ANSWER_SECONDS = 2.0
LONG_QUEUE = 1_000
BEAT_WRITES = timedelta(minutes=10)  # beat writes down every three minutes what it has started


def broker() -> Iterator[Finding]:
    """Look at the broker, and at what waits in it."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)
    try:
        facts = client.info()
        lengths = {name: int(client.llen(name)) for name in QUEUES}
    except redis.RedisError as error:
        yield wrong("broker", f"the broker cannot be reached: {error}", "Start it, or correct REDIS_URL.")
        return
    yield fine("broker", "answers")
    if facts.get("maxmemory") and facts.get("maxmemory_policy") != "noeviction":
        yield wrong(
            "broker",
            f"it may drop jobs when its memory is full (maxmemory-policy {facts['maxmemory_policy']}).",
            "Set maxmemory-policy noeviction.",
        )
    for name, length in lengths.items():
        if length > LONG_QUEUE:
            yield look(
                "broker",
                f"{length:,} jobs wait in the queue {name}.",
                "Start more workers for it, or find out why jobs fail: the worker's log says.",
            )


def workers() -> Iterator[Finding]:
    """Look whether a worker answers for each queue."""
    try:
        asked = current_app.control.inspect(timeout=ANSWER_SECONDS).active_queues() or {}
    except Exception as error:  # whatever the transport raises: the broker's own finding says why
        yield wrong("workers", f"workers cannot be asked: {error}", "Look at the broker first.")
        return
    served = {queue["name"] for queues in asked.values() for queue in queues}
    if served >= set(QUEUES):
        yield fine("workers", f"each of the {len(QUEUES)} queues has a worker")
    for name in sorted(set(QUEUES) - served):
        words = f"no worker answers for the queue {name}, which does: {QUEUES[name]}."
        start = f"Start one: celery --app hitl worker --queues {name}."
        yield wrong("workers", words, start) if name in SHORT else look("workers", words, start)


def beat() -> Iterator[Finding]:
    """Look whether something starts the jobs that run by the clock."""
    latest = (
        PeriodicTask.objects.filter(enabled=True).exclude(last_run_at=None).order_by("-last_run_at").first()
    )
    start = "Start exactly one: celery --app hitl beat. `up` and `demo` start one."
    if latest is None or latest.last_run_at is None:
        yield look("beat", "beat has not written down yet that it started a job.", start)
    elif clock.now() - latest.last_run_at > BEAT_WRITES:
        ago = clock.now() - latest.last_run_at
        minutes = int(ago.total_seconds() // 60)
        yield wrong("beat", f"beat wrote down {minutes:,} minutes ago what it had started.", start)
    else:
        yield fine("beat", "starts what is due")
