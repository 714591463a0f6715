"""The pages of models in a real browser: watch a run, read a model card, change the champion."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from playwright.sync_api import expect

from cases.models import Label, Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from models_store.models import TrainingRun, TrainingSettings
from models_store.selectors import champion, roles_now
from models_store.services.runs import begin
from models_store.services.steps import Steps
from models_store.types import RunStatus, RunStep
from monitoring.shadow.run import shadow
from monitoring.watch import watch
from tests.browser.conftest import NARROW
from tests.support.factories import NOW, person
from tests.support.model_rows import applications, carry_out, credit_workflow, labelled, requested, train_now
from tests.support.shadow_rows import (
    START,
    answer_all,
    certified_mail_workflow,
    challenger,
    reviewers,
    submit,
    truths,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator() -> User:
    return person(Role.OPERATOR, username="ann")


def test_numbers_carry_their_columns_name_where_a_phone_shows_no_head(operator, visit) -> None:  # type: ignore[no-untyped-def]
    two_releases()
    page = visit(operator, viewport=NARROW).open("/models/")
    said = [
        cell.evaluate("e => getComputedStyle(e, '::before').content")
        for cell in page.locator("td.number").all()
    ]
    assert said == ['"Wrong if it answered everything "', '"Labels now "']


def two_releases() -> Workflow:
    """Return a workflow whose second release took over from the first."""
    workflow = credit_workflow(250)
    train_now(workflow)
    labelled(workflow, applications()[250:600])
    assert train_now(workflow).status == RunStatus.SUCCEEDED
    return workflow


def test_a_workflow_without_a_model_says_what_is_missing(operator, visit) -> None:  # type: ignore[no-untyped-def]
    workflow = credit_workflow(3)
    visitor = visit(operator)
    page = visitor.open(f"/models/{workflow.slug}/")
    expect(page.get_by_text("No models yet")).to_be_visible()
    expect(page.get_by_text("at least five different examples")).to_be_visible()
    visitor.shoot("models-empty")
    assert visitor.is_accessible()


def test_a_run_is_started_watched_and_ends_without_loading_the_page_again(operator, visit) -> None:  # type: ignore[no-untyped-def]
    workflow = credit_workflow(200)
    visitor = visit(operator)
    page = visitor.open(f"/models/{workflow.slug}/")
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_text("Waits for a worker", exact=True)).to_be_visible()
    run = TrainingRun.objects.get()

    def work() -> None:
        carry_out(run.id)
        connection.close()

    worker = Thread(target=work)
    worker.start()
    worker.join(120)
    expect(page.get_by_text("It made")).to_be_visible(timeout=15_000)
    expect(page.locator(".step-done")).to_have_count(7)
    visitor.shoot("models-run-done")
    page.get_by_role("link", name="v1-").first.click()
    expect(page.get_by_role("heading", name="v1-")).to_be_visible()


def test_a_running_run_shows_its_steps_and_can_be_cancelled(operator, visit) -> None:  # type: ignore[no-untyped-def]
    workflow = credit_workflow(20)
    run = begin(run_id=requested(workflow).id, now=NOW)
    assert run is not None
    steps = Steps(run, lambda: NOW)
    with steps.step(RunStep.READ) as step:
        step.result = "20 labels by people; each is judged out of fold."
    steps.step(RunStep.TRAIN).__enter__().say("Trying logistic regression")
    visitor = visit(operator)
    page = visitor.open(f"/models/runs/{run.id}/")
    expect(page.get_by_text("Trying logistic regression")).to_be_visible()
    visitor.shoot("models-running")
    assert visitor.is_accessible()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("Cancelled by ann.")).to_be_visible()
    assert TrainingRun.objects.get().status == RunStatus.CANCELLED


def test_rolling_back_takes_a_reason_and_one_click(operator, visit) -> None:  # type: ignore[no-untyped-def]
    workflow = two_releases()
    first = workflow.releases.get(number=1)
    visitor = visit(operator)
    page = visitor.open(f"/models/releases/{first.id}/")
    page.get_by_role("button", name="Roll back to it").click()
    page.get_by_label("Reason").fill("Errors rose since noon.")
    visitor.shoot("models-roll-back")
    page.get_by_role("button", name="Roll back to it").last.click()
    expect(page.get_by_text("is the champion from the next case on")).to_be_visible()
    expect(page.get_by_text("Errors rose since noon.")).to_be_visible()
    assert champion(workflow.id) == first


def test_the_plan_is_changed_in_its_dialog(operator, visit) -> None:  # type: ignore[no-untyped-def]
    workflow = credit_workflow(3)
    visitor = visit(operator)
    page = visitor.open(f"/models/{workflow.slug}/")
    page.get_by_role("button", name="When to train").click()
    visitor.shoot("models-plan")
    page.get_by_label("New labels").fill("75")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: when to train.")).to_be_visible()
    assert TrainingSettings.objects.get().min_new_labels == 75
    assert Label.objects.count() == 3


def test_a_model_in_shadow_is_shown_beside_the_champion_and_can_be_retired(operator, visit) -> None:  # type: ignore[no-untyped-def]
    workflow = certified_mail_workflow(target=0.2, confidence=0.9)
    release = challenger(workflow)
    watch(workflow.pk, now=START, settle=timedelta(0))
    at = START + timedelta(minutes=1)
    truth = truths(0, 150, submit(0, 150, at=at))
    shadow(workflow.pk, now=at, settle=timedelta(0))
    answer_all(workflow, truth, reviewers(), at=at)
    watch(workflow.pk, now=at + timedelta(minutes=1), settle=timedelta(0))
    visitor = visit(operator)
    page = visitor.open(f"/models/releases/{release.id}/")
    part = page.get_by_role("region", name="In shadow")
    expect(part.get_by_text("Blind answers so far")).to_be_visible()
    expect(part.get_by_role("heading", name="Taking over")).to_be_visible()
    expect(part.get_by_text("alike.")).to_be_visible()
    visitor.look("models-shadow")
    page.get_by_role("button", name="Retire", exact=True).click()
    page.get_by_label("Reason").last.fill("It is no better.")
    page.get_by_role("button", name="Retire it").click()
    expect(page.get_by_text("is retired.")).to_be_visible()
    assert roles_now(workflow.pk)[release.pk].role == "retired"
