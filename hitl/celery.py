"""The Celery application: workers and beat load this module."""

import logging
import os
import time
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging, task_postrun, task_prerun, worker_process_init

from hitl.runtime.tied import tie_worker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")

app = Celery("hitl")
app.set_default()  # for every thread, not only the one that imports this
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["hitl.flow.doors"])

log = logging.getLogger("hitl.jobs")

LONG_SECONDS = 1.0
_started: dict[str, float] = {}


@celeryd_init.connect
@setup_logging.connect
def log_like_the_web(**_: Any) -> None:
    """Write what the service writes everywhere: one JSON object a line, warnings before the start too."""
    from django.conf import settings

    dictConfig(settings.LOGGING)
    logging.captureWarnings(True)


@worker_process_init.connect
def end_with_the_worker(**_: Any) -> None:
    """End the process of long jobs when the worker that forked it is killed."""
    tie_worker()


@worker_process_init.connect
def trace(**_: Any) -> None:
    """Send traces of jobs, where that is asked for: from each process by itself, as threads do not fork."""
    from hitl.shared.tracing import trace_jobs

    trace_jobs()


@task_prerun.connect
def note_start(task_id: str, **_: Any) -> None:
    """Remember when a job began."""
    _started[task_id] = time.monotonic()


@task_postrun.connect
def log_job(task_id: str, task: Any, args: Any, state: str, **_: Any) -> None:
    """Write a line for each job; those that only looked and found nothing to do are for debugging."""
    seconds = time.monotonic() - _started.pop(task_id, time.monotonic())
    is_a_look = not args and seconds < LONG_SECONDS and state == "SUCCESS"
    facts = {"job": task.name, "about": [str(each) for each in args or ()], "state": state}
    log.log(
        logging.DEBUG if is_a_look else logging.INFO, "job done", extra=facts | {"seconds": round(seconds, 3)}
    )
