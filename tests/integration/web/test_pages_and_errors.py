"""The shell: what each role finds, and what is said when something cannot be done."""

import json

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.shared.errors import Conflict, Invalid
from hitl.web.context import PLACES, shell
from hitl.web.middleware import ErrorPages
from tests.support.factories import person
from tests.support.pages import as_read

pytestmark = pytest.mark.django_db
PAGES = ("/", "/profile/", "/profile/password/", "/limits/", "/styleguide/", "/cases/")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_opens_without_signing_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_somebody_without_a_role_is_told_whom_to_ask(client: Client) -> None:
    user = person()
    User.objects.filter(pk=user.pk).update(roles=[])
    client.force_login(user)
    page = client.get("/")
    assert "Your account has no role yet" in page.content.decode()
    assert client.get("/cases/").status_code == 200
    assert client.get("/styleguide/").status_code == 404


def test_each_person_begins_at_the_first_page_of_their_roles(client: Client) -> None:
    client.force_login(person(Role.AUDITOR))
    assert client.get("/")["Location"] in {"/overview/", "/cases/"}


@pytest.mark.parametrize("role", Role.values)
def test_the_navigation_shows_a_role_no_page_that_is_not_its_own(role: str) -> None:
    request = RequestFactory().get("/cases/")
    request.user = person(role)
    shown = {link.words for group in shell(request)["navigation"] for link in group}
    allowed = {place.words for group in PLACES for place in group if not place.roles or role in place.roles}
    assert shown <= allowed
    assert "Cases" in shown


def test_a_page_whose_app_is_missing_is_left_out_of_the_navigation(monkeypatch: pytest.MonkeyPatch) -> None:
    from hitl.web import context

    monkeypatch.setattr(context, "PLACES", ((context.Place("Nowhere", "no-such-page", "inbox"),),))
    request = RequestFactory().get("/")
    request.user = person(Role.AUDITOR)
    assert shell(request)["navigation"] == []


def test_the_current_page_is_marked(client: Client) -> None:
    client.force_login(person(Role.AUDITOR))
    html = as_read(client.get("/cases/").content.decode())
    assert html.count('aria-current="page"') == 1
    assert '<a class="nav-item" href="/cases/" aria-current="page">' in html


def answer_to(error: Exception, *, by_htmx: bool = False) -> HttpResponse | None:
    request = RequestFactory().get("/somewhere/")
    request.user = person(Role.AUDITOR)
    request.htmx = by_htmx  # type: ignore[attr-defined]
    request._messages = []  # type: ignore[attr-defined]
    return ErrorPages(lambda _: HttpResponse()).process_exception(request, error)


def test_what_cannot_be_done_is_a_page_with_the_same_sentence_and_the_fix() -> None:
    answer = answer_to(Invalid([{"field": "name", "error": "is <empty>", "fix": "Give it a name."}]))
    assert answer is not None
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "The input does not fit." in html
    assert "<strong>name</strong> is &lt;empty&gt;." in html
    assert "Give it a name." in html


def test_htmx_gets_the_sentence_as_a_toast_and_keeps_its_page() -> None:
    answer = answer_to(Conflict(), by_htmx=True)
    assert answer is not None
    assert answer.status_code == 409
    assert answer["HX-Reswap"] == "none"
    said = json.loads(answer["HX-Trigger"])["hitl:toast"]
    assert said == {"words": "Somebody else changed this in the meantime. Load it again.", "tone": "bad"}


def test_a_sentence_in_any_script_fits_into_the_header() -> None:
    answer = answer_to(Conflict("Ünïcode — 日本語\r\nX-Evil: 1"), by_htmx=True)
    assert answer is not None
    assert "日本語" in json.loads(answer["HX-Trigger"])["hitl:toast"]["words"]
    assert "X-Evil" not in answer


def test_mistakes_of_ours_are_not_dressed_up() -> None:
    assert answer_to(KeyError("x")) is None


def test_missing_pages_say_so_in_the_frame_for_people_and_alone_for_strangers(client: Client) -> None:
    stranger = client.get("/no/such/page/")
    assert stranger.status_code == 404
    assert "Nothing is here" in stranger.content.decode()
    assert "<nav" not in stranger.content.decode()
    client.force_login(person(Role.AUDITOR))
    assert "<nav" in client.get("/no/such/page/").content.decode()


def test_a_form_without_its_token_is_refused_in_words() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/login/", {"username": "ada", "password": "x"})
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.content.decode()


def test_a_crash_shows_the_page_for_it_and_nothing_of_the_inside(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("hitl.web.views.first_place", crash)
    client.force_login(person(Role.AUDITOR))
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    html = answer.content.decode()
    assert "Something went wrong on our side" in html
    assert "secret detail" not in html


@pytest.mark.parametrize("path", [*PAGES, "/login/", "/no/such/page/", "/admin/"])
def test_every_page_carries_the_strict_content_policy(client: Client, path: str) -> None:
    client.force_login(person(*Role.values, is_staff=True, is_superuser=True))
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"


def test_a_profile_changes_only_what_is_one_s_own(client: Client) -> None:
    user = person(Role.REVIEWER)
    client.force_login(user)
    client.post("/profile/", {"first_name": "Ada", "last_name": "L", "email": "a@b.example", "roles": "lead"})
    user.refresh_from_db()
    assert user.first_name == "Ada"
    assert user.roles == ["reviewer"]


def test_changing_the_password_keeps_this_session_and_ends_the_others(client: Client) -> None:
    user = person(Role.REVIEWER, password="correct horse battery")
    other = Client()
    for each in (client, other):
        each.force_login(user)
    fields = {
        "old_password": "correct horse battery",
        "new_password1": "staple 3 times",
        "new_password2": "staple 3 times",
    }
    assert client.post("/profile/password/", fields)["Location"] == "/profile/"
    assert client.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_the_limits_page_says_the_limits_in_force(client: Client) -> None:
    client.force_login(person(Role.AUDITOR))
    html = client.get("/limits/").content.decode()
    for words in ("32 MB", "10,000", "25 MB", "120,000 a minute", "5 in 60 s"):
        assert words in html
