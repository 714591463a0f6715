"""The documentation as pages: all of it, linked to the end, found by its words, for who is signed in."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from hitl.accounts.types import Role
from hitl.docs.library import ROOT, at, contents, documents, file_at
from hitl.docs.rendering import render
from hitl.docs.search import search
from tests.support.factories import person

pytestmark = pytest.mark.django_db


class Links(HTMLParser):
    """The ids of a page, and what its text links to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if name := facts.get("id"):
            self.ids.add(name)
        if tag in ("a", "img"):
            self.targets.append(facts.get("href") or facts.get("src") or "")


def reader() -> Client:
    client = Client()
    client.force_login(person(Role.REVIEWER))
    return client


def test_every_document_is_a_page_and_every_link_leads_to_a_page_a_heading_or_a_file() -> None:
    client = reader()
    pages = {
        f"/docs/{one.address}{'/' if one.address else ''}": Links(one.rendered.html)
        for one in documents().values()
    }
    assert len(pages) > 90
    for address, page in pages.items():
        reply = client.get(address)
        assert reply.status_code == 200, address
        for target in page.targets:
            if re.match(r"https?:|mailto:", target):
                continue
            path, _, fragment = target.partition("#")
            path = path or address
            if path in pages:
                assert not fragment or fragment in pages[path].ids, (address, target)
            else:
                assert file_at(path.removeprefix("/docs/")), (address, target)


def test_the_contents_name_every_document_but_decisions_and_those_beside() -> None:
    named = {one.path for section in contents() for _, one in section.entries}
    inside = {path for path in documents() if path.startswith("docs/") and not path.startswith("docs/adr/0")}
    assert inside - named == {"docs/README.md"}
    assert [section.name for section in contents()] == ["Learn", "Do", "Understand", "Look up"]


def test_a_file_that_a_document_links_to_is_served_and_no_other() -> None:
    client = reader()
    reply = client.get("/docs/images/desk.png")
    assert reply["Content-Type"] == "image/png"
    assert b"".join(reply.streaming_content) == (ROOT / "docs/images/desk.png").read_bytes()  # type: ignore[attr-defined]
    for other in ("../manage.py", "../hitl/settings.py", "images/../../manage.py", "/etc/passwd", "images"):
        assert file_at(other) is None, other
        assert client.get(f"/docs/{other}").status_code == 404, other


def test_nobody_reads_it_who_has_not_signed_in() -> None:
    for address in ("/docs/", "/docs/how-to/simulate/", "/docs/search/?q=promise", "/docs/images/desk.png"):
        assert Client().get(address)["Location"].startswith("/login/"), address


def test_a_page_without_its_slash_leads_to_it() -> None:
    assert reader().get("/docs/how-to/simulate")["Location"] == "/docs/how-to/simulate/"


def test_words_are_found_wherever_they_stand_and_the_title_counts_most() -> None:
    hits = search("error BUDGET")
    assert hits[0].document == at("explanation/error-budget")
    assert "<mark>" in hits[0].excerpt
    assert all("error" in hit.document.rendered.text.lower() for hit in hits)
    assert search("") == search("no-document-has-this-word") == []
    page = reader().get("/docs/search/", {"q": "<script>"}).content.decode()
    assert "“&lt;script&gt;”" in page


def test_html_in_a_document_is_shown_as_text_and_headings_of_one_name_differ() -> None:
    shown = render(
        "# A title\n\n## Part\n\n<b onclick=x>&</b>\n\n## Part\n\n[code](../x.py) and [page](y.md)",
        address_of=lambda target: "/docs/y/" if target == "y.md" else None,
    )
    assert shown.title == "A title"
    assert [heading.id for heading in shown.headings] == ["part", "part-1"]
    assert "&lt;b onclick=x&gt;" in shown.html
    assert '<p>code and <a href="/docs/y/">page</a></p>' in shown.html
