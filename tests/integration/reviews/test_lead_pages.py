"""The lead's pages through their doors: who may enter, what stands on them, where their numbers lead."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Voiding
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.shared import clock
from reviews.models import Review, ReviewRules
from reviews.quality.flags import flagged
from reviews.quality.window import Window
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow
from tests.support.quality_rows import team, waiting_tasks
from tests.support.review_rows import say, suggest, waiting

pytestmark = pytest.mark.django_db
PAGES = ("/review/lead/", "/review/lead/people/", "/review/lead/agreement/", "/review/lead/highlights/")


@pytest.fixture(autouse=True)
def still_clock() -> None:
    clock.use(lambda: NOW)


def browsing(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


def test_those_who_watch_enter_and_reviewers_see_only_their_own_numbers() -> None:
    _, people = team(count=6)
    rita = people["rita"]
    pages = (*PAGES, f"/review/lead/people/{rita.pk}/")
    for role, status in ((Role.LEAD, 200), (Role.OPERATOR, 200), (Role.AUDITOR, 200), (Role.REVIEWER, 403)):
        client = browsing(person(role))
        assert {client.get(page).status_code for page in pages} == {status}, role
    assert browsing(person(Role.AUDITOR)).get(f"{pages[-1]}void/").status_code == 403
    assert "Your answers" in text(browsing(rita), "/profile/")
    own = text(browsing(rita), "/profile/answers/")
    assert "Answers an active hour" in own
    assert "Known answers" not in own
    assert "Rubber" not in own
    assert browsing(person(Role.LEAD)).get("/profile/answers/").status_code == 403


def test_an_empty_service_says_so_on_every_page() -> None:
    client = browsing(person(Role.LEAD))
    assert "Nothing waits" in text(client, "/review/lead/")
    assert "No answers in this time" in text(client, "/review/lead/people/")
    assert "No case was answered twice" in text(client, "/review/lead/agreement/")
    assert "No answers in this time" in text(client, f"/review/lead/people/{person().pk}/")
    assert client.get("/review/lead/people/?span=century").status_code == 404


def test_a_busy_team_is_shown_with_its_numbers_intervals_and_ways_on() -> None:
    workflow, people = team()
    waiting_tasks(workflow, count=3, at=NOW - timedelta(hours=2), due=NOW - timedelta(minutes=5))
    client = browsing(person(Role.LEAD))
    now = text(client, "/review/lead/")
    assert "3 overdue" in now
    assert "the model is not sure enough" in now
    assert "<html" not in text(client, "/review/lead/", **{"HX-Request": "true"})
    table = text(client, "/review/lead/people/?workflow=mail&span=day")
    assert "hetty" in table
    assert "too few <small>0 of 5" in table  # nobody saw a suggestion
    assert "95 % interval" in table
    hetty = text(client, f"/review/lead/people/{people['hetty'].pk}/?workflow=mail")
    assert "/cases/?workflow=mail&amp;reviewer=hetty&amp;said=" in hetty
    assert client.get("/cases/?workflow=mail&reviewer=hetty&said=spam&answer=ham").status_code == 200
    agreement = text(client, "/review/lead/agreement/")
    assert "alpha" in agreement
    assert "said=ham&amp;also_said=spam" in agreement or "said=spam" in agreement


def test_no_page_asks_more_questions_the_more_answers_there_are() -> None:
    team(count=6)
    client = browsing(person(Role.LEAD))
    for page in PAGES:
        with CaptureQueriesContext(
            connection,
        ) as few:
            text(client, page)
        assert len(few) <= 14, (page, len(few))


def test_a_lead_looks_first_and_then_voids_with_a_reason() -> None:
    _, people = team(count=12)
    hetty, lead = people["hetty"], person(Role.LEAD)
    client = browsing(lead)
    address = f"/review/lead/people/{hetty.pk}/void/"
    assert "This would touch" not in text(client, address)
    asked = {"since": (NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"), "workflow": "", "reason": "Hasty"}
    seen = client.post(address, asked | {"do": "look"}).content.decode()
    assert "This would touch" in seen
    assert not Voiding.objects.exists()
    assert "is required" in client.post(address, asked | {"reason": "", "do": "void"}).content.decode()
    assert client.post(address, asked | {"do": "void"}).url == f"/review/lead/people/{hetty.pk}/"
    voiding = Voiding.objects.get()
    assert (voiding.reviewer, voiding.reason, voiding.asked_by) == (hetty, "Hasty", lead.username)
    assert "under way" in text(client, f"/review/lead/people/{hetty.pk}/")
    assert Review.objects.filter(reviewer=hetty, undone_at=None).exists()  # a worker does the rest


def test_highlights_that_misled_are_listed_and_lead_to_where_they_are_left_out() -> None:
    workflow = automating_workflow()
    ReviewRules.objects.create(workflow=workflow)
    release = workflow.releases.get()
    for n, (verdict, word) in enumerate([("misled", "Regards"), ("misled", "regards"), ("helped", "prize")]):
        (case,) = waiting(workflow, at=NOW)
        suggest(case, release, label="spam", confidence=0.7, runner_up="ham")
        say(person(username=f"p{n}"), "spam", flags=[{"field": "body", "place": word, "verdict": verdict}])
    clock.use(lambda: NOW + timedelta(minutes=1))
    (first, second) = flagged(Window(NOW - timedelta(days=1), NOW + timedelta(minutes=1)))
    assert (first.place, first.misled, first.helped, first.people) == ("regards", 2, 0, 2)
    assert (second.place, second.misled, second.helped, second.people) == ("prize", 0, 1, 0)
    page = text(browsing(person(Role.LEAD)), "/review/lead/highlights/")
    assert "regards" in page
    assert f"/models/{workflow.slug}/" in page
