"""Signing in: slowed down for guessers, in every process alike."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from hitl.accounts.models import User
from hitl.accounts.sessions import SessionStore
from hitl.accounts.types import Role
from hitl.shared import clock
from hitl.web import forms
from hitl.web.models import LoginAttempt
from hitl.web.throttle import FAILURES, TooManyAttempts, begin_attempt, source_of
from tests.support.factories import NOW, person

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def still_clock() -> None:
    clock.use(lambda: NOW)


@pytest.fixture
def seven_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "FAILURES_OF_AN_ADDRESS", 7)


def sign_in(client: Client, password: str = PASSWORD, *, name: str = "ada", **headers: str) -> int:
    return client.post("/login/", {"username": name, "password": password}, **headers).status_code


def test_five_failures_a_minute_shut_the_door_even_for_the_right_password(client: Client) -> None:
    person(username="ada", password=PASSWORD)
    for _ in range(FAILURES):
        assert sign_in(client, "wrong") == 200
    answer = client.post("/login/", {"username": "ada", "password": PASSWORD})
    assert "Too many failed attempts. Try again in 60 s." in answer.content.decode()
    clock.use(lambda: NOW + timedelta(seconds=60))
    assert sign_in(client) == 302


def test_a_success_forgets_the_failures_before_it(client: Client) -> None:
    person(username="ada", password=PASSWORD)
    for _ in range(2):  # a third would be too much for one address
        for _ in range(FAILURES - 1):
            assert sign_in(client, "wrong") == 200
        assert sign_in(client) == 302
        client.logout()


def test_failures_count_per_account_and_address_and_not_by_letter_case(client: Client) -> None:
    person(username="ada", password=PASSWORD)
    person(username="grace", password=PASSWORD)
    for name in ("ada", "ADA", "Ada", "aDa", "adA"):
        sign_in(client, "wrong", name=name)
    assert sign_in(client) == 429
    assert sign_in(client, name="grace") == 302
    client.logout()
    assert sign_in(client, REMOTE_ADDR="10.1.2.3") == 302


def test_guessing_names_that_do_not_exist_is_slowed_down_alike(client: Client) -> None:
    for _ in range(FAILURES):
        sign_in(client, "wrong", name="nobody")
    answer = client.post("/login/", {"username": "nobody", "password": "wrong"})
    assert "Too many failed attempts" in answer.content.decode()


def test_neither_names_nor_passwords_are_kept(client: Client) -> None:
    sign_in(client, "wrong", name="hunter2 typed into the wrong field")
    rows = LoginAttempt.objects.all()
    assert len(rows) == 2, "by account, and by address"
    assert all(len(bytes(row.source)) == 32 and b"hunter2" not in bytes(row.source) for row in rows)


def test_old_attempts_do_not_pile_up(client: Client) -> None:
    for minute in range(5):
        clock.use(lambda minute=minute: NOW + timedelta(minutes=2 * minute))
        sign_in(client, "wrong", name=f"guess{minute}")
    assert LoginAttempt.objects.count() == 2


@pytest.mark.usefixtures("seven_of_an_address")
def test_guessing_at_other_names_each_time_is_slowed_down_by_address(client: Client) -> None:
    person(username="ada", password=PASSWORD)
    for number in range(7):
        sign_in(client, "wrong", name=f"guess-{number}")
    answer = client.post("/login/", {"username": "guess", "password": "wrong"})
    assert "Too many failed attempts" in answer.content.decode()
    assert sign_in(client, REMOTE_ADDR="10.1.2.3") == 302


@pytest.mark.usefixtures("seven_of_an_address")
def test_many_people_of_one_address_may_sign_in(client: Client) -> None:
    person(username="ada", password=PASSWORD)
    for _ in range(9):
        assert sign_in(client) == 302
        client.logout()


@pytest.mark.usefixtures("seven_of_an_address")
def test_an_address_is_believed_only_where_a_proxy_that_we_know_wrote_it(client: Client) -> None:
    def forwarded(number: int) -> str:
        headers = {"X-Forwarded-For": f"10.9.9.{number}, 10.7.7.7"}
        answer = client.post("/login/", {"username": f"n{number}", "password": "wrong"}, headers=headers)
        return answer.content.decode()

    for number in range(7):
        forwarded(number)
    assert "Too many" in forwarded(99), "the header of a stranger changes nothing"
    with override_settings(TRUSTED_PROXIES=["127.0.0.1/32"]):
        assert "Too many" not in forwarded(98), "the proxy says that it is 10.7.7.7"
        for number in range(7):
            forwarded(number)
        assert "Too many" in forwarded(97), "what the client wrote before the proxy changes nothing"
    with override_settings(TRUSTED_PROXIES=["127.0.0.1/32", "10.7.7.0/24"]):
        assert "Too many" not in forwarded(96), "two proxies that we know"


@pytest.mark.django_db(transaction=True)
def test_attempts_made_at_the_same_moment_do_not_slip_through_together() -> None:
    source = source_of("ada", "10.0.0.1")

    def attempt(_: int) -> bool:
        try:
            begin_attempt(source=source, now=NOW)
        except TooManyAttempts:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(16) as threads:
        let_in = sum(threads.map(attempt, range(32)))
    assert let_in == FAILURES


def test_the_admin_uses_the_same_door(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/accounts/user/")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/admin/accounts/user/"
    assert client.get("/admin/login/?next=https://evil.example/")["Location"] == "/login/?next=/admin/"
    client.force_login(person(Role.REVIEWER))
    assert client.get("/admin/login/").status_code == 403


def test_no_one_is_sent_to_another_site_after_signing_in(client: Client) -> None:
    person(Role.REVIEWER, username="ada", password=PASSWORD)
    answer = client.post(
        "/login/", {"username": "ada", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer["Location"] == "/"


def test_signing_out_needs_a_post(client: Client) -> None:
    client.force_login(person())
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/profile/").status_code == 302


def test_who_is_signed_in_costs_two_questions_and_is_asked_every_time(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ada = person(Role.REVIEWER, username="ada", password=PASSWORD, preferences={"keys": {"skip": "x"}})
    assert sign_in(client) == 302
    client.get("/profile/")  # each connection prepares the statements once
    request = RequestFactory().get("/")
    request.session = SessionStore(client.session.session_key)
    with django_assert_num_queries(2):
        found = get_user(request)
    assert found == User.objects.get(pk=ada.pk)
    assert (found.roles, found.preferences) == ([Role.REVIEWER], {"keys": {"skip": "x"}})


@pytest.mark.parametrize(
    "end",
    [
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.update(password="!"),
        lambda: Session.objects.update(expire_date=timezone.now()),
        lambda: Session.objects.all().delete(),
    ],
    ids=["deactivated", "another password", "session over", "session gone"],
)
def test_who_may_no_longer_be_here_is_out_with_the_next_request(
    client: Client, end: Callable[[], object]
) -> None:
    person(Role.REVIEWER, username="ada", password=PASSWORD)
    sign_in(client)
    assert client.get("/review/").status_code == 200
    end()
    assert client.get("/review/").status_code == 302


def test_a_role_taken_away_is_gone_with_the_next_request(client: Client) -> None:
    person(Role.REVIEWER, username="ada", password=PASSWORD)
    sign_in(client)
    User.objects.update(roles=[Role.AUDITOR])
    assert client.get("/review/").status_code == 403
