"""What beat rings for exists."""

import celery

from hitl.celery import app
from hitl.schedule import SCHEDULE


def test_every_scheduled_job_is_a_task_of_ours() -> None:
    app.loader.import_default_modules()
    assert {task for task, _ in SCHEDULE.values()} <= set(celery.current_app.tasks)


def test_every_job_rung_for_by_name_is_a_task_of_ours() -> None:
    app.loader.import_default_modules()
    rung = {"policy.certify_release", "hitl.outbox.relay", "hitl.flow.train"}
    assert rung <= set(celery.current_app.tasks)
