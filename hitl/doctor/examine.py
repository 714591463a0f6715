"""Look at every part of the installation."""

from django.db import DatabaseError, connection

from hitl.doctor.configuration import configuration
from hitl.doctor.database import database
from hitl.doctor.elsewhere import models_elsewhere
from hitl.doctor.files import disk, models
from hitl.doctor.findings import Finding, Look, State, wrong
from hitl.doctor.jobs import beat, broker, workers
from hitl.doctor.record import audit_log, webhooks
from hitl.doctor.stores import stores

WITHOUT_DATABASE: tuple[Look, ...] = (configuration, disk, stores, broker, workers, database)
IN_DATABASE: tuple[Look, ...] = (beat, models, models_elsewhere, webhooks, audit_log)


def examine() -> list[Finding]:
    """Return what each part is like. One that cannot be looked at is wrong, and hides no other."""
    found = [finding for part in WITHOUT_DATABASE for finding in _looked(part)]
    if any(finding.part == "database" and finding.state == State.WRONG for finding in found):
        return found  # tables that may be missing
    return found + [finding for part in IN_DATABASE for finding in _looked(part)]


def _looked(part: Look) -> list[Finding]:
    try:
        return list(part())
    except (DatabaseError, OSError) as error:
        connection.close()
        name = part.__name__.replace("_", " ")
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return [wrong(name, f"this could not be looked at: {reason}", "Mend what stands above first.")]
