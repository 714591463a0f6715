"""One run of the counting job over all workflows."""

import logging
from datetime import datetime

from cases.models import Workflow
from monitoring.counts.fold import fold_counts
from monitoring.counts.hours import count_people

log = logging.getLogger(__name__)

SECONDS = 5.0  # for one workflow in one run; what is left is counted in the next


def count_all(*, now: datetime) -> None:
    """Count the routings and answers of every live workflow."""
    for workflow_id in Workflow.objects.filter(archived_at=None).values_list("id", flat=True):
        try:
            fold_counts(workflow_id, now=now, seconds=SECONDS)
            count_people(workflow_id, now=now)
        except Exception:  # one workflow's trouble must not blind the others
            log.exception("counting failed", extra={"workflow": str(workflow_id)})
