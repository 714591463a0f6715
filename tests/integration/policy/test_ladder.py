"""The degrees: who may change them by which door, and what is said of the one above."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Workflow
from hitl.accounts.types import WATCHING, Role, Scope
from hitl.shared import clock
from hitl.stop.selectors import stop_in_force
from hitl.stop.services import stop_everything
from monitoring.promise.ladder import next_step
from policy.models import Policy
from policy.services.breaker import trip_breaker
from policy.types import DEGREE_ORDER
from tests.api.conftest import client_with
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow, lead, workflow_with_policy

pytestmark = pytest.mark.django_db
LOWERS, RAISES = (Role.LEAD, Role.OPERATOR), (Role.OPERATOR,)
POSSIBLE = DEGREE_ORDER[:-1]  # no certificate of these tests accepts every case


@pytest.fixture(autouse=True)
def still_clock():
    clock.use(lambda: NOW)


def post(role: Role, name: str, *parts: str, **form: str) -> int:
    client = Client()
    client.force_login(person(role))
    return client.post(reverse(name, args=parts), form).status_code


def seen_by(role: Role) -> int:
    """Return the status of an act on a page: who only reads is refused, and others do not see the page."""
    if role == Role.AUDITOR:
        return 403
    return 302 if role in WATCHING else 404


def degree_of(workflow: Workflow) -> str:
    return Policy.objects.get(workflow=workflow).degree


@pytest.mark.parametrize("role", list(Role))
def test_each_role_changes_each_degree_as_far_as_it_may(role):
    workflow = automating_workflow()
    for before in POSSIBLE:
        for after in DEGREE_ORDER:
            if before == after:
                continue
            Policy.objects.filter(workflow=workflow).update(degree=before)
            status = post(role, "change-degree", workflow.slug, degree=after, reason="Tried.")
            is_up = DEGREE_ORDER.index(after) > DEGREE_ORDER.index(before)
            may = role in (RAISES if is_up else LOWERS) and after in POSSIBLE
            assert degree_of(workflow) == (after if may else before), (before, after)
            assert status == seen_by(role)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_stops_and_starts_as_far_as_it_may(role):
    workflow = automating_workflow()
    seen = seen_by(role)
    assert post(role, "trip-breaker", workflow.slug, reason="Odd.") == seen
    assert (Policy.objects.get(workflow=workflow).breaker_tripped_at is not None) == (role in LOWERS)
    if role not in LOWERS:
        trip_breaker(workflow_id=workflow.pk, reason="Odd.", actor=lead(), now=NOW)
    assert post(role, "reset-breaker", workflow.slug, reason="Found.") == seen
    assert (Policy.objects.get(workflow=workflow).breaker_tripped_at is None) == (role in RAISES)
    assert post(role, "stop", reason="Odd.") == seen
    assert (stop_in_force() is not None) == (role in LOWERS)
    if role not in LOWERS:
        stop_everything(reason="Odd.", actor=lead(), now=NOW)
    assert post(role, "start", reason="Found.") == seen
    assert (stop_in_force() is None) == (role in RAISES)


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("before", ["human_only", "assist"])
def test_no_key_changes_a_degree(scope, before):
    workflow = automating_workflow(degree=before)
    body = {"degree": "partial"}
    assert client_with(scope).send("PATCH", f"/workflows/{workflow.slug}", body).status_code in (403, 422)
    assert degree_of(workflow) == before


def test_what_may_be_chosen_lacks_nothing():
    step = next_step(automating_workflow(degree="assist"), now=NOW)
    assert (step.next, step.missing, step.waits_for) == ("partial", "", "nothing")


def test_without_a_model_it_counts_the_labels_to_the_first_and_does_not_guess_when():
    step = next_step(workflow_with_policy(degree="shadow"), now=NOW)
    assert (step.next, step.labels, step.likely_at, step.waits_for) == ("assist", 200, None, "labels")


def test_what_a_person_took_away_waits_for_a_person_and_for_no_label():
    workflow = automating_workflow()
    stop_everything(reason="Odd.", actor=lead(), now=NOW)
    step = next_step(workflow, now=NOW)
    assert (step.next, step.waits_for, step.likely_at) == ("full", "person", None)


def test_above_the_highest_is_nothing():
    step = next_step(automating_workflow(degree="full"), now=NOW)
    assert (step.next, step.to_json()["next"]) == ("", None)


def test_page_and_api_say_the_same():
    workflow = workflow_with_policy(degree="shadow")
    body = client_with(Scope.READ).send("GET", f"/workflows/{workflow.slug}/next-degree").json()
    client = Client()
    client.force_login(person(Role.LEAD))
    page = unescape(client.get(reverse("automation-next-step", args=[workflow.slug])).content.decode())
    assert body["missing"] in page
    assert "too early to say" in page
    assert body["likely_at"] is None


def test_every_page_says_that_everything_is_stopped_and_who_watches_is_told_why():
    workflow = automating_workflow()
    stop_everything(reason="Odd answers.", actor=lead(), now=NOW - timedelta(minutes=1))
    for role, is_told in ((Role.OPERATOR, True), (Role.REVIEWER, False)):
        client = Client()
        client.force_login(person(role))
        text = client.get(reverse("cases")).content.decode()
        assert "All automation is stopped" in text
        assert ("Odd answers." in text) == is_told
        assert ("Start again" in text) == is_told
    client = Client()
    client.force_login(person(Role.AUDITOR))
    assert "Stop everything" not in client.get(reverse("workflow", args=[workflow.slug])).content.decode()
