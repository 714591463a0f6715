"""A workflow's life on one page: each figure is the database's, each step leads somewhere."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import SchemaVersion, Workflow
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.flow.reading.stages import Stages, stages_of
from hitl.flow.reading.stages.parts import Criterion
from hitl.flow.setup.create import set_up_workflow
from hitl.shared import clock
from models_store.models import Release
from monitoring.models import AlarmRoute
from policy.models import Plan, Policy
from reviews.models import Task
from tests.support.case_rows import waiting_case
from tests.support.day_of_work import a_day_of_work
from tests.support.factories import LABELS, NOW, TESTER, TEXT_FIELDS, person
from tests.support.model_rows import applications, credit_workflow, train_now
from tests.support.review_rows import claim, submit

pytestmark = pytest.mark.django_db
WANTED = {"cases_a_week": "5000", "hours_a_week": "40", "automated": "70", "proved_by": "2027-03-01"}


def new_workflow() -> Workflow:
    return set_up_workflow(slug="mail", name="Mail", fields=TEXT_FIELDS, labels=LABELS, actor=TESTER, now=NOW)


def shown_of(workflow: Workflow) -> Stages:
    return stages_of(workflow, now=clock.now())


def criterion(workflow: Workflow, words: str) -> Criterion:
    return next(
        one for stage in shown_of(workflow).stages for one in stage.criteria if one.words.startswith(words)
    )


def client_of(*roles: str) -> Client:
    client = Client()
    client.force_login(person(*roles, username="-".join(roles)))
    return client


def test_a_new_workflow_begins_with_what_is_wanted_and_claims_nothing() -> None:
    shown = shown_of(new_workflow())
    assert shown.at is not None
    assert shown.next is not None
    assert (shown.at.key, shown.next.words) == ("scoping", "There is a plan")
    by_name = {one.name: one for one in shown.stages[0].metrics}
    assert by_name["Wrong automatic decisions"].now == "–"
    assert by_name["Decided by models"].now == "–"
    assert (by_name["First proof"].estimated, by_name["First proof"].now) == ("–", "not yet")
    met = [one.words for stage in shown.stages for one in stage.criteria if one.is_met]
    assert met == ["Each label says what it means", "People keep up", "No alarm is open"]
    known = [one for stage in shown.stages for one in stage.criteria if one.is_met is None]
    assert {one.words for one in known} >= {"The error budget is not used up", "Audits are answered in time"}


def test_the_plan_is_kept_with_what_was_estimated_and_stays_as_it_was() -> None:
    workflow = credit_workflow(300)
    train_now(workflow)
    client, address = client_of(Role.OPERATOR), reverse("workflow-stages", args=[workflow.slug])
    assert client.post(address, WANTED).status_code == 302
    plan = Plan.objects.get()
    effort = shown_of(workflow).seen.effort
    assert (plan.cases_a_week, plan.hours_a_week, plan.automated) == (5000, 40.0, 0.7)
    assert plan.estimated_hours == pytest.approx(effort.hours)
    assert plan.estimated_hours == pytest.approx(effort.read * plan.seconds / 3600)
    assert plan.estimated_automated == pytest.approx(effort.at_once)
    told = Entry.objects.filter(action="plan.made").get().detail
    assert told["cases_a_week"] == 5000
    assert told["estimated_hours"] == plan.estimated_hours, "a changed row would be found by the audit log"
    assert told["estimated_automated"] == plan.estimated_automated
    Policy.objects.filter(workflow=workflow).update(target=0.2)
    assert client.post(address, WANTED | {"hours_a_week": "1"}).status_code == 302
    first, second = Plan.objects.order_by("id")
    assert (first.hours_a_week, second.hours_a_week) == (40.0, 1.0)
    assert first.estimated_hours == plan.estimated_hours
    page = client.get(address).content.decode()
    assert "at most 1" in page
    assert criterion(workflow, "People have the hours").is_met == (effort.hours <= 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [("cases_a_week", "0"), ("hours_a_week", "-1"), ("automated", "101"), ("proved_by", "soon"),
     ("cases_a_week", "nan"), ("hours_a_week", "inf"), ("automated", "")],
)  # fmt: skip
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_kept(field: str, value: str) -> None:
    workflow = new_workflow()
    answer = client_of(Role.OPERATOR).post(
        reverse("workflow-stages", args=[workflow.slug]), WANTED | {field: value}
    )
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Plan.objects.exists()


def test_who_may_look_and_who_may_plan() -> None:
    address = reverse("workflow-stages", args=[new_workflow().slug])
    assert client_of(Role.REVIEWER).get(address).status_code == 404
    for role in (Role.LEAD, Role.AUDITOR):
        client = client_of(role)
        page = client.get(address).content.decode()
        assert "Keep the plan" not in page
        client.post(address, WANTED)
        assert not Plan.objects.exists()
    assert "Keep the plan" in client_of(Role.ADMINISTRATOR).get(address).content.decode()


def test_each_criterion_says_what_the_database_says() -> None:
    workflow = credit_workflow(300)
    assert criterion(workflow, "A model has passed").is_met is False
    assert criterion(workflow, "It could decide").is_met is None
    train_now(workflow)
    release = Release.objects.get()
    assert criterion(workflow, "A model has passed").why == f"{release.name} is the champion."
    assert criterion(workflow, "Its errors have been").is_met is False
    assert criterion(workflow, "There are labels enough").why.startswith("300;")
    assert criterion(workflow, "Models may decide").is_met is False
    Policy.objects.filter(workflow=workflow).update(degree="partial")
    assert criterion(workflow, "Models may decide").is_met is True
    assert criterion(workflow, "The promise is proved").is_met is False, "a belief is no proof"
    assert criterion(workflow, "Alarms reach").is_met is False
    AlarmRoute.objects.create(workflow=workflow, mail_to=["ops@example.org"], set_by="olga", set_at=NOW)
    assert criterion(workflow, "Alarms reach").is_met is True
    version = SchemaVersion.objects.get(workflow=workflow)
    meant = [label | {"meaning": "as agreed"} for label in version.labels]
    assert criterion(workflow, "Each label says").is_met == all(one.get("meaning") for one in version.labels)
    SchemaVersion.objects.filter(pk=version.pk).update(labels=meant)
    assert criterion(workflow, "Each label says").is_met is True


def test_hours_and_answers_are_those_of_the_last_seven_days() -> None:
    workflow = credit_workflow(50)
    label = workflow.schemas.get(number=1).label_names[0]
    at, people = clock.now() - timedelta(days=1), [person(username=f"reviewer {i}") for i in range(2)]
    for place, hours in enumerate((1, 3)):
        waiting_case(workflow, applications()[place + 60].content, at=at - timedelta(hours=hours))
    for place, someone in enumerate(people):
        leased = claim(someone, at=at - timedelta(seconds=190))
        told = {"label": label, "seconds": 100.0 + 80 * place}
        submit(lease_token=leased.lease_token, actor=someone.as_actor(), now=at, **told)
    seen = shown_of(workflow).seen
    assert seen.reading_hours == pytest.approx(280 / 3600)
    assert seen.answer_hours == pytest.approx(2, abs=0.05), "the median of one and three hours"
    assert seen.queue.waiting == Task.objects.filter(workflow=workflow, status="waiting").count() == 0
    later = stages_of(workflow, now=clock.now() + timedelta(days=8)).seen
    assert (later.reading_hours, later.answer_hours) == (0.0, None)


def test_every_step_and_every_figure_leads_to_a_page() -> None:
    everybody = person(*Role.values, username="everybody", is_superuser=True, is_staff=True)
    slug = a_day_of_work(everybody)["slug"]
    client = Client()
    client.force_login(everybody)
    page = client.get(reverse("workflow-stages", args=[slug])).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    links = {one.partition("#")[0] for one in re.findall(r'href="(/[^"]+)"', main)} - {""}
    assert len(links) >= 6
    for link in links:
        assert client.get(link).status_code == 200, link
