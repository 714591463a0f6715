"""Pages speak the language and the time zone of who reads them; machines are answered in English."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone, translation

from cases.kinds import KINDS
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.languages.compiling import compile_catalogues
from hitl.languages.pseudo import CLOSE, OPEN
from hitl.outbox.event_kinds import EVENT_KINDS
from hitl.shared.words import Words, shown
from hitl.web.format import exact_time, percent, size, time_ago
from science.fields import Kind
from tests.api.client import ApiClient
from tests.support.day_of_work import a_day_of_work
from tests.support.factories import person

pytestmark = pytest.mark.django_db

OFFERED = [("en", "English"), ("de", "Deutsch"), ("en-xa", "long"), ("ar-xb", "right to left")]
NOW = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def all_languages() -> Iterator[None]:
    """Offer what is only written, and what only tests speak."""
    with override_settings(LANGUAGES=OFFERED):
        yield


def client_of(user: User, **preferences: str) -> Client:
    user.preferences = {**user.preferences, **preferences}
    user.save()
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_whoever_is_not_signed_in_is_answered_as_the_browser_asks() -> None:
    german = Client().get("/login/", headers={"Accept-Language": "de-AT,en;q=0.5"})
    assert '<html lang="de" dir="ltr"' in text(german)
    assert "Anmelden" in text(german)
    assert german["Content-Language"] == "de"
    assert "Accept-Language" in german["Vary"]
    unknown = Client().get("/login/", headers={"Accept-Language": "tlh"})
    assert '<html lang="en" dir="ltr"' in text(unknown)


def test_ones_own_choice_stands_above_the_browsers() -> None:
    client = client_of(person(), language="de")
    answer = client.get("/profile/", headers={"Accept-Language": "en"})
    assert "Ihr Profil" in text(answer)
    gone = client_of(person(), language="tlh").get("/profile/", headers={"Accept-Language": "de"})
    assert "Ihr Profil" in text(gone)


def test_the_choice_is_made_in_the_profile_and_holds_at_once() -> None:
    user = person()
    client = client_of(user, keys="kept")
    said = {
        "first_name": "A",
        "last_name": "B",
        "email": "a@b.example",
        "language": "de",
        "zone": "Europe/Berlin",
    }
    answer = client.post("/profile/", said, follow=True)
    assert "Ihr Profil ist gespeichert." in text(answer)
    assert 'data-zone="Europe/Berlin"' in text(answer)
    user.refresh_from_db()
    assert user.preferences == {"keys": "kept", "language": "de", "zone": "Europe/Berlin"}
    client.post("/profile/", {**said, "language": "", "zone": ""})
    user.refresh_from_db()
    assert user.preferences == {"keys": "kept"}
    assert client.post("/profile/", {**said, "zone": "Mars/Olympus"}).status_code == 200


def test_where_there_is_one_language_nothing_is_asked() -> None:
    client = client_of(person())
    with override_settings(LANGUAGES=OFFERED[:1]):
        assert "id_language" not in text(client.get("/profile/"))


def test_a_page_leaves_its_language_to_nobody() -> None:
    client_of(person(), language="de", zone="Asia/Tokyo").get("/profile/")
    assert translation.get_language() == settings.LANGUAGE_CODE
    assert timezone.get_current_timezone_name() == "UTC"
    answer = ApiClient("hitl_nobody").get("/api/v1/workflows", headers={"Accept-Language": "de"})
    assert answer.status_code == 401
    assert "API key" in text(answer)
    assert "Content-Language" not in answer


def test_errors_are_said_in_the_language_of_the_page() -> None:
    client = client_of(person(Role.REVIEWER), language="de")
    assert "Hier ist nichts" in text(client.get("/nowhere/"))
    assert "Diesen Fall gibt es nicht" in text(client.get("/cases/0198c1c0-0000-7000-8000-000000000000/"))


def test_words_are_english_for_machines_and_shown_in_the_language_of_the_page() -> None:
    said = Words('There is no workflow "%(slug)s", or it is not yours to see.', slug="spam")
    assert said == 'There is no workflow "spam", or it is not yours to see.'
    many = Words("has %(count)s characters", count=12345)
    assert many == "has 12,345 characters"
    with translation.override("de"):
        assert said == 'There is no workflow "spam", or it is not yours to see.'
        assert shown(said) == "Den Workflow „spam“ gibt es nicht, oder Sie dürfen ihn nicht sehen."
        assert shown(many) == "hat 12.345 Zeichen"
        assert shown("is not a text") == "ist kein Text"
        assert shown(Words.again(many.kept())) == "hat 12.345 Zeichen"
        assert shown(Words("is %(kind)s, not a number", kind=Words("a list"))) == "ist eine Liste, keine Zahl"


def test_numbers_and_times_are_written_as_the_reader_does() -> None:
    earlier = datetime(2026, 3, 5, tzinfo=UTC)
    assert [percent(0.0123), size(1536), time_ago(earlier, NOW)] == ["1.2 %", "1.5 kB", "5 Mar"]
    with translation.override("de"), timezone.override("Europe/Berlin"):
        assert [percent(0.0123), size(1536), time_ago(earlier, NOW)] == ["1,2 %", "1,5 kB", "5. Mär"]
        assert exact_time(NOW) == "2026-07-02 00:30:00 CEST"
    assert exact_time(NOW) == "2026-07-01 22:30:00 UTC"


def test_every_kind_of_field_has_a_word_that_can_be_translated() -> None:
    assert {kind: kind.value for kind in Kind} == {kind: str(KINDS[kind].word) for kind in Kind}
    with translation.override("de"):
        assert str(KINDS[Kind.BOOLEAN].word) == "ja/nein"


def test_scripts_get_their_texts_as_a_file_that_may_be_kept() -> None:
    client = client_of(person(), language="de")
    address = re.search(r'<script defer src="(/words/de/[0-9a-f]{16}\.js)">', text(client.get("/profile/")))
    assert address
    answer = client.get(address[1])
    assert "Kopiert" in text(answer)
    assert "immutable" in answer["Cache-Control"]
    assert client.get("/words/de/0000000000000000.js")["Cache-Control"] == "no-cache"
    assert client.get("/words/tlh/0000000000000000.js").status_code == 404
    assert "/words/" not in text(client_of(person(), language="en").get("/profile/"))


class _Texts(HTMLParser):
    """What people read of a page: texts, and attributes that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style", "code", "kbd", "textarea"}
        self.found += [v for k, v in attrs if v and k in {"title", "aria-label", "placeholder", "alt"}]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style", "code", "kbd", "textarea"}

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.found.append(" ".join(data.split()))


def data() -> str:
    """Return everything that stands in the database: a page shows it as it is."""
    rows = [
        str(value)
        for model in apps.get_models()
        for row in model._default_manager.values_list()
        for value in row
    ]
    return "\n".join([*rows, *(zone for zone in timezone.zoneinfo.available_timezones())])


def english_on(html: str, known: str) -> list[str]:
    """Return what of a page in a pseudo language is English, and no data."""
    parser = _Texts()
    parser.feed(html)
    whole = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "\ue000", "\ue000".join(parser.found))
    while (less := re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "\ue000", whole)) != whole:
        whole = less
    left = [
        piece.strip(" .,:;·–—()/“”…0123456789%") for piece in whole.replace(" · hitl", "").split("\ue000")
    ]
    return [
        piece
        for piece in left
        if re.search(r"[^\W\d_]{2,}", piece)
        and piece not in known
        and not piece.startswith("https://")
        and not all(
            one.strip(" 0123456789") in known or one in UNITS for one in re.split(", | · ", piece)
        )  # a list of data
    ]


NAMES = {"hitl", "UTC", "UTF-", "English", "Deutsch", "long", "right to left"}
UNITS = NAMES | {"s", "min", "h", "d", "kB", "MB", "GB"}
FINISHED = [
    "/profile/",
    "/profile/password/",
    "/profile/answers/",
    "/limits/",
    "/nowhere/",
    "/models/",
    "/models/{slug}/sources/",
    "/docs/search/?q=",
    "/login/",
    "/review/",
    "/review/settings/",
    "/review/lead/",
    "/review/lead/people/",
    "/review/lead/agreement/",
    "/review/lead/highlights/",
    "/review/lead/teams/",
    "/workflows/",
    "/workflows/new/",
    "/workflows/new/?empty",
    "/workflows/credit/",
    "/workflows/credit/change/",
    "/workflows/credit/review/",
    "/audit/?by=everybody",
    "/changes/?days=30",
    "/keys/",
    "/webhooks/",
    "/api/docs/",
    "/webhooks/{endpoint_id}/",
    "/workflows/credit/stages/",
    "/workflows/{slug}/recalls/",
    "/workflows/{slug}/recalls/new/",
    "/workflows/{slug}/recalls/{recall_id}/",
]
"""Pages whose every room is marked. A room that becomes so brings its pages here."""
OF_MACHINES = "\n".join([*EVENT_KINDS, "https://example.org/hooks/hitl"])
"""Names of the code that pages show as they are, and an address to write another like it."""


@pytest.fixture(scope="module")
def pseudo_languages() -> None:
    """Make the languages that only tests speak: whole seconds, so here alone."""
    compile_catalogues(with_pseudo=True)


@pytest.mark.usefixtures("pseudo_languages")
@pytest.mark.parametrize("language", ["en-xa", "ar-xb"])
def test_no_english_is_left_on_a_finished_page(language: str) -> None:
    everybody = person(*Role.values, username="everybody", is_superuser=True, is_staff=True)
    parts = a_day_of_work(everybody)
    client, known = client_of(everybody, language=language), data() + OF_MACHINES
    for path in (address.format(**parts) for address in FINISHED):
        page = text(
            (Client() if path == "/login/" else client).get(path, headers={"Accept-Language": language})
        )
        assert f'lang="{language}"' in page, path
        assert ('dir="rtl"' in page) == (language == "ar-xb")
        contents = re.sub(
            r'(?s)<nav class="docs-contents".*?</nav>', "", page
        )  # the documentation is English
        assert english_on(contents, known) == [], path
