"""One run of the check over all workflows."""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from cases.models import Workflow
from hitl.shared.actor import system
from monitoring.alarms.found import end_silences
from monitoring.drift.check import check
from monitoring.models import DriftReading

log = logging.getLogger(__name__)


def check_all(*, now: datetime) -> None:
    """Check the latest window of every live workflow, and open the alarms again whose silence is over."""
    end_silences(now=now, actor=system("monitoring"))
    for workflow_id in Workflow.objects.filter(archived_at=None).values_list("id", flat=True):
        try:
            check(workflow_id, now=now)
        except Exception:  # one workflow's trouble must not blind the others
            log.exception("the check for drift failed", extra={"workflow": str(workflow_id)})


def drop_old_readings(*, now: datetime) -> int:
    """Delete readings of windows past keeping; return how many."""
    before = now - timedelta(days=settings.COUNTS_DAYS)
    dropped, _ = DriftReading.objects.filter(ended_at__lt=before).delete()
    return dropped
