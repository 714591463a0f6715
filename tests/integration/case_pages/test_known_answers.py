"""A lead marks a case whose answer is known on its page, and ends it there; reviewers see nothing of it."""

import pytest
from django.test import Client

from hitl.accounts.types import Role
from reviews.models import KnownAnswerCase
from tests.support.factories import NOW, person
from tests.support.review_rows import review_workflow, say, waiting

pytestmark = pytest.mark.django_db


def browsing(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def decided():
    case = waiting(review_workflow(), 1)[0]
    say(person(), "spam", at=NOW)
    return case


def test_a_lead_marks_a_case_and_ends_it() -> None:
    case = decided()
    client = browsing(person(Role.LEAD))
    page, door = f"/cases/{case.pk}/", f"/cases/{case.pk}/known-answer/"
    assert "Mark its answer as known" in client.get(page).content.decode()
    assert client.post(door, {"truth": "ham", "reason": "The sender said so"}).url == page
    known = KnownAnswerCase.objects.get()
    assert (known.truth, known.reason, known.ended_at) == ("ham", "The sender said so", None)
    shown = client.get(page).content.decode()
    assert "The sender said so" in shown
    assert "None are asked in this workflow" in shown
    client.post(door, {"do": "end"})
    known.refresh_from_db()
    assert known.ended_at is not None


@pytest.mark.parametrize(("truth", "reason"), [("nosuch", "Sure"), ("ham", " ")])
def test_what_does_not_fit_is_said_and_marks_nothing(truth: str, reason: str) -> None:
    case = decided()
    client = browsing(person(Role.LEAD))
    page = client.post(f"/cases/{case.pk}/known-answer/", {"truth": truth, "reason": reason}, follow=True)
    assert "toast" in page.content.decode()
    assert not KnownAnswerCase.objects.exists()


def test_reviewers_and_auditors_neither_see_nor_mark_known_answers() -> None:
    case = decided()
    browsing(person(Role.LEAD)).post(f"/cases/{case.pk}/known-answer/", {"truth": "spam", "reason": "Clear"})
    for role in (Role.REVIEWER, Role.AUDITOR):
        client = browsing(person(role))
        page = client.get(f"/cases/{case.pk}/").content.decode()
        assert "Stop asking it" not in page
        assert ("known answer" in page.lower()) == (role == Role.AUDITOR)  # in the history, for who audits
        client.post(f"/cases/{case.pk}/known-answer/", {"do": "end"})
        assert KnownAnswerCase.objects.get().ended_at is None
