"""Is this process alive, and is it ready to take cases? Asked by supervisors and load balancers."""

import logging

from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.urls import path

from hitl import __version__
from models_store.serving import champions, troubles

log = logging.getLogger(__name__)


def live(request: HttpRequest) -> JsonResponse:
    """Answer that the process runs, and which version of the service; asks nobody else."""
    return JsonResponse({"status": "live", "version": __version__})


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when cases can be taken in and decided: database there and migrated, champions usable.

    Without the broker intake, decisions and reviews go on: it is reported, and the service stays ready. Cases
    of a model that cannot be used are taken in as well, but wait for people: that is not what was promised.
    """
    checks = {"database": _database(), "models": "", "broker": _broker()}
    if not checks["database"]:
        checks["models"] = _models()
    is_ready = not checks["database"] and not checks["models"]
    body = {
        "status": "ready" if is_ready else "not ready",
        "checks": {name: trouble or "ok" for name, trouble in checks.items()},
    }
    return JsonResponse(body, status=200 if is_ready else 503)


def _database() -> str:
    try:
        behind = migrations_behind()
    except DatabaseError:
        return "the database does not answer"
    return f"{behind} migrations are not applied" if behind else ""


def migrations_behind() -> int:
    """Return how many migrations of this version the database has not."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _models() -> str:
    """Say how many champions cannot be used; which, and why, is in the log: anybody may ask this page."""
    found = troubles()
    if not found:
        return ""
    return f"{len(found)} of {champions().count()} models in service cannot be used; the log says why"


def _broker() -> str:
    try:
        with current_app.connection_for_write(connect_timeout=0.5) as broker:
            broker.ensure_connection(max_retries=0, timeout=0.5)
    except Exception:  # whatever the transport raises, the answer is the same
        return "the broker does not answer; jobs are found later by sweepers"
    return ""


urlpatterns = [path("health/live", live), path("health/ready", ready)]
