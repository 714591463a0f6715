"""Jobs of monitoring."""

import logging
from uuid import UUID

from celery import shared_task

from cases.models import Workflow
from hitl.audit.log import checkpoint
from hitl.shared import clock
from hitl.shared.jobs import enqueue
from monitoring.alarms.mail import mail_alarm, unmailed
from monitoring.alarms.selectors import alarm_of, key_of
from monitoring.counts.retention import keep_count_months
from monitoring.counts.run import count_all
from monitoring.drift.metrics import words_of
from monitoring.drift.run import check_all, drop_old_readings
from monitoring.examined.run import examine_all
from monitoring.maintain.asked import resume_studies
from monitoring.maintain.run import make_study
from monitoring.overview.figures import read_figures
from monitoring.replay import asked
from monitoring.risks.drills import play_drill, waiting_drills
from monitoring.shadow.run import keep_score_months, workflows_with_challengers
from monitoring.shadow.run import shadow as run_shadow
from monitoring.tallies.fold import fold_all
from monitoring.watch import run
from policy.models import Policy
from policy.services.digest import digest_decisions

log = logging.getLogger(__name__)


@shared_task(name="monitoring.every_minute")
def every_minute() -> None:
    """Count new decisions and put their digest into the audit log."""
    now = clock.now()
    fold_all(now=now)
    for workflow_id in Workflow.objects.values_list("id", flat=True):
        digest_decisions(workflow_id=workflow_id, now=now)


@shared_task(name="monitoring.sign_checkpoint")
def sign_checkpoint() -> None:
    """Sign the head of the audit log, so that removing its end shows."""
    checkpoint(now=clock.now())


@shared_task(name="monitoring.watch")
def watch() -> None:
    """Read the live evidence of every workflow and act on it."""
    watched = Policy.objects.filter(workflow__archived_at=None)
    for workflow_id in watched.values_list("workflow_id", flat=True):
        try:
            run.watch(workflow_id, now=clock.now())
        except Exception:  # one workflow's trouble must not blind the others
            log.exception("the watch failed", extra={"workflow": str(workflow_id)})


@shared_task(name="monitoring.shadow")
def shadow() -> None:
    """Ring for every workflow in which models are in shadow: a slow model holds up no other workflow."""
    for workflow_id in workflows_with_challengers():
        enqueue("monitoring.shadow_workflow", str(workflow_id))


@shared_task(name="monitoring.shadow_workflow")
def shadow_workflow(workflow_id: str) -> None:
    """Let the models in shadow of one workflow score, and ask people where they differ."""
    run_shadow(UUID(workflow_id), now=clock.now())


@shared_task(name="monitoring.keep_score_months")
def keep_months() -> None:
    """Make and drop the months of the scores that models in shadow give."""
    keep_score_months(now=clock.now())


@shared_task(name="monitoring.count")
def count() -> None:
    """Count what came in and what people did since the last time."""
    count_all(now=clock.now())


@shared_task(name="monitoring.keep_count_months")
def keep_counts() -> None:
    """Make and drop the months of counts, and delete what checks read in them and is past keeping."""
    keep_count_months(now=clock.now())
    drop_old_readings(now=clock.now())


@shared_task(name="monitoring.check_drift")
def check_drift() -> None:
    """Compare what came in, went out and was answered with what it was before; alarms go out by mail."""
    check_all(now=clock.now())
    for alarm_id in unmailed(now=clock.now()):
        alarm = alarm_of(alarm_id)
        mail_alarm(alarm_id, words_of(key_of(alarm)), now=clock.now())


@shared_task(name="monitoring.read_figures")
def read_live_figures() -> None:
    """Compute what the overview shows of error and budget."""
    read_figures(now=clock.now())


@shared_task(name="monitoring.study_data")
def study_data(study_id: str) -> None:
    """Study what data a workflow's model lacks."""
    make_study(UUID(study_id), now=clock.now())


@shared_task(name="monitoring.resume_studies")
def resume() -> None:
    """Ring again for studies and drills whose message or worker was lost."""
    now = clock.now()
    resume_studies(now=now)
    for drill_id in waiting_drills(now=now):
        enqueue("monitoring.play_drill", str(drill_id))


@shared_task(name="monitoring.play_drill")
def drill(drill_id: str) -> None:
    """Play a fault in a database that is thrown away, and keep what came of it."""
    play_drill(UUID(drill_id))


@shared_task(name="monitoring.replay")
def replay(replay_id: str) -> None:
    """Replay a window that somebody asked for."""
    asked.work(replay_id=UUID(replay_id), now=clock.now())


@shared_task(name="monitoring.sweep_replays")
def sweep_replays() -> None:
    """Begin replays again whose message was lost or whose worker died."""
    asked.sweep_replays(now=clock.now())


@shared_task(name="monitoring.examine")
def examine() -> None:
    """Examine labels, scores and a sample of cases: what counts alone cannot say."""
    examine_all(now=clock.now())
