"""Jobs for workers, by name: the only thing that may point upwards in the import order.

The bell rings after commit. A broker that is gone is logged and forgotten: the row that describes
the work is the truth, and a sweeper finds what the bell missed (ADR 0012).
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

SILENT_SECONDS = (
    5.0  # after a failure no bell is rung: an unreachable broker is waited for once, not per request
)
_silent_until = 0.0

Bell = Callable[[str, tuple[Any, ...]], None]
_bell: Bell | None = None


def enqueue(name: str, *args: Any) -> None:
    """Ask a worker to run the task called `name` once the current transaction has committed."""
    transaction.on_commit(lambda: (_bell or _ring)(name, args), robust=True)


def use(bell: Bell | None) -> None:
    """Ring `bell` with a job's name and arguments from now on: a replay has no workers. None: Celery."""
    global _bell
    _bell = bell


def _ring(name: str, args: tuple[Any, ...]) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        current_app.send_task(name, args=args, retry=False)
    except (OperationalError, OSError) as error:
        _silent_until = time.monotonic() + SILENT_SECONDS
        facts = {"job": name, "error": str(error)}
        log.warning("broker unreachable, a sweeper will find the work", extra=facts)  # untranslated: a log
