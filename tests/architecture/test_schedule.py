"""What beat rings for exists."""

import celery

from hitl.celery import app
from hitl.schedule import QUEUES, ROUTES, SCHEDULE, SHORT


def test_every_scheduled_job_is_a_task_of_ours() -> None:
    app.loader.import_default_modules()
    assert {task for task, _ in SCHEDULE.values()} <= set(celery.current_app.tasks)


def test_every_job_has_a_queue_and_every_route_leads_to_a_job() -> None:
    app.loader.import_default_modules()
    assert set(ROUTES) <= set(celery.current_app.tasks)
    assert set(ROUTES.values()) | {app.conf.task_default_queue} == set(QUEUES)
    for job in celery.current_app.tasks:
        assert app.amqp.router.route({}, job)["queue"].name == ROUTES.get(job, "safety")


def test_what_keeps_automation_safe_waits_behind_nothing_long() -> None:
    for job in (
        "reviews.reap_leases",
        "monitoring.watch",
        "monitoring.every_minute",
        "hitl.flow.sweep_queue",
    ):
        assert job not in ROUTES
    assert set(QUEUES) > SHORT


def test_every_job_rung_for_by_name_is_a_task_of_ours() -> None:
    app.loader.import_default_modules()
    rung = {"policy.certify_release", "hitl.outbox.relay", "hitl.flow.train"}
    assert rung <= set(celery.current_app.tasks)
