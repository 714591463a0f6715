"""Models are trained without being asked when there is something to learn, and not over and over."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Label, Workflow
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.shared.errors import Invalid, NotAllowed
from models_store.models import TrainingRun, TrainingSettings
from models_store.services.runs import SETTLING
from models_store.services.schedule import change_training_settings, due_trigger, request_due
from models_store.types import RunStatus
from tests.support.factories import NOW, TESTER, person
from tests.support.model_rows import credit_workflow

pytestmark = pytest.mark.django_db

LAST = NOW - timedelta(hours=1)


def trigger_of(workflow_id: UUID, *, now: datetime) -> str | None:
    """Return by what a run is due."""
    due = due_trigger(workflow_id, now=now)
    return due[0] if due else None


def after_a_run(n_new: int, *, at: datetime = LAST, status: str = RunStatus.REFUSED) -> Workflow:
    """Return a workflow whose last run saw all labels but `n_new`."""
    workflow = credit_workflow(n_new + 5)
    for i, label in enumerate(Label.objects.order_by("id")):
        moment = at - timedelta(minutes=1) if i < 5 else at + timedelta(minutes=1)
        Label.objects.filter(pk=label.pk).update(at=moment)
    TrainingRun.objects.create(workflow=workflow, trigger="hand", requested_at=at, status=status)
    return workflow


def test_enough_new_labels_start_a_run() -> None:
    workflow = after_a_run(30)
    TrainingSettings.objects.create(workflow=workflow, min_new_labels=30)
    assert request_due(now=NOW) == 1
    run = TrainingRun.objects.get(status=RunStatus.QUEUED)
    assert (run.trigger, run.requested_by) == ("labels", None)
    assert request_due(now=NOW + timedelta(days=2)) == 0  # one is under way


def test_too_few_new_labels_wait_for_the_schedule() -> None:
    workflow = after_a_run(29)
    TrainingSettings.objects.create(workflow=workflow, min_new_labels=30, every_hours=24)
    assert due_trigger(workflow.id, now=NOW) is None
    assert trigger_of(workflow.id, now=LAST + timedelta(hours=24)) == "schedule"


def test_without_a_new_label_nothing_is_trained_however_long_ago() -> None:
    workflow = after_a_run(0)
    assert due_trigger(workflow.id, now=NOW + timedelta(days=300)) is None


def test_a_refused_or_failed_run_is_not_tried_again_with_the_same_labels() -> None:
    workflow = after_a_run(0, status=RunStatus.FAILED)
    TrainingSettings.objects.create(workflow=workflow, min_new_labels=1, every_hours=0.1)
    assert request_due(now=NOW + timedelta(hours=5)) == 0


def test_a_burst_of_labels_starts_one_run_not_many() -> None:
    workflow = after_a_run(30)
    TrainingSettings.objects.create(workflow=workflow, min_new_labels=1)
    assert due_trigger(workflow.id, now=LAST + SETTLING - timedelta(seconds=1)) is None
    assert trigger_of(workflow.id, now=LAST + SETTLING) == "labels"


def test_the_first_model_is_trained_as_soon_as_there_are_enough_labels() -> None:
    workflow = credit_workflow(20)
    assert due_trigger(workflow.id, now=NOW) is None  # 200 by default
    TrainingSettings.objects.create(workflow=workflow, min_new_labels=20)
    assert trigger_of(workflow.id, now=NOW) == "labels"


def test_nothing_starts_by_itself_where_the_settings_say_so_or_the_workflow_is_archived() -> None:
    workflow = after_a_run(30)
    settings = TrainingSettings.objects.create(workflow=workflow, min_new_labels=1, is_automatic=False)
    assert request_due(now=NOW) == 0
    settings.is_automatic = True
    settings.save()
    Workflow.objects.update(archived_at=NOW)
    assert request_due(now=NOW) == 0


def test_the_settings_are_changed_by_operators_within_their_bounds_and_on_record() -> None:
    workflow = credit_workflow(5)
    settings = change_training_settings(workflow_id=workflow.id, actor=TESTER, now=NOW, min_new_labels=50)
    assert settings.min_new_labels == TrainingSettings.objects.get().min_new_labels == 50
    assert Entry.objects.latest("number").detail == {
        "before": {"min_new_labels": 200},
        "after": {"min_new_labels": 50},
    }
    with pytest.raises(Invalid) as refused:
        change_training_settings(
            workflow_id=workflow.id, actor=TESTER, now=NOW, min_new_labels=0, every_hours=-1.0
        )
    assert {error["field"] for error in refused.value.facts["errors"]} == {"min_new_labels", "every_hours"}
    lead = person(Role.LEAD).as_actor()
    with pytest.raises(NotAllowed):
        change_training_settings(workflow_id=workflow.id, actor=lead, now=NOW, is_automatic=False)
    assert TrainingSettings.objects.get().min_new_labels == 50


def test_who_asked_and_why_stays_with_the_run_and_is_on_its_page() -> None:
    workflow = after_a_run(30)
    TrainingSettings.objects.create(workflow=workflow, min_new_labels=30)
    request_due(now=NOW)
    run = TrainingRun.objects.latest("requested_at")
    assert (run.requested_by_name, run.because) == (
        "training schedule",
        "30 new labels; 30 are enough for a run.",
    )
    assert Entry.objects.filter(action="training.requested").latest("number").detail["reason"] == run.because
    client = Client()
    client.force_login(person(Role.OPERATOR))
    page = client.get(reverse("training-run", args=[run.pk])).content.decode()
    assert "by number of new labels, training schedule" in page
    assert run.because in page


def test_a_person_says_why_as_well() -> None:
    workflow = after_a_run(3)
    client = Client()
    client.force_login(person(Role.OPERATOR, username="ann"))
    client.post(reverse("train-model", args=[workflow.slug]), {"reason": "The labels were cleaned."})
    run = TrainingRun.objects.latest("requested_at")
    assert (run.trigger, run.requested_by_name, run.because) == ("hand", "ann", "The labels were cleaned.")
    TrainingRun.objects.filter(pk=run.pk).update(status=RunStatus.FAILED)
    client.post(reverse("train-model", args=[workflow.slug]), {"reason": "x" * 301})
    assert TrainingRun.objects.latest("requested_at") == run
