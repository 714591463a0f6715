"""Jobs of the minute."""

from celery import shared_task

from cases.models import Workflow
from hitl.audit.log import checkpoint
from hitl.shared import clock
from monitoring.services.fold import fold_all
from policy.services.digest import digest_decisions


@shared_task(name="monitoring.every_minute")
def every_minute() -> None:
    """Fold new decisions into the tallies and tie them into the audit chain."""
    now = clock.now()
    fold_all(now=now)
    for workflow_id in Workflow.objects.values_list("id", flat=True):
        digest_decisions(workflow_id=workflow_id, now=now)


@shared_task(name="monitoring.sign_checkpoint")
def sign_checkpoint() -> None:
    """Sign the head of the audit chain, so that cutting it off shows."""
    checkpoint(now=clock.now())
