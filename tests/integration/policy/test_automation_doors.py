"""Who gets through the doors of the automation page, and how a refusal is told."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from hitl.accounts.models import User
from hitl.accounts.types import Role
from policy.models import CutoffSet, DegreeChange, Policy
from tests.support.factories import NOW, person
from tests.support.pages import as_read
from tests.support.policy_rows import (
    automating_workflow,
    champion_of,
    cutoffs_of,
    operator,
    workflow_with_policy,
)

pytestmark = pytest.mark.django_db

CHANGES = {
    "degree/": {"degree": "assist"},
    "degree/settle/": {"answer": "approve"},
    "cutoffs/": {"cutoff": "0.5", "reason": "x"},
    "cutoffs/settle/": {"answer": "withdraw"},
    "cutoffs/certified/": {},
    "certify/": {},
    "breaker/trip/": {"reason": "x"},
    "breaker/reset/": {"reason": "x"},
}


@pytest.fixture
def workflow(monkeypatch):
    """A workflow that automates, whose evaluation nobody kept."""
    monkeypatch.setattr("policy.proof.samples.evaluation_of", lambda release_id: None)
    return automating_workflow()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(workflow, rest: str = "") -> str:
    return f"/automation/{workflow.slug}/{rest}"


def told(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_who_has_not_signed_in_is_sent_to_do_so(workflow):
    for rest in ("", "promise/change/"):
        assert Client().get(page(workflow, rest)).status_code == 302
    for rest, data in CHANGES.items():
        assert Client().post(page(workflow, rest), data).headers["Location"].startswith("/login/")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADJUDICATOR])
def test_for_reviewers_the_page_does_not_exist(workflow, role):
    client = signed_in(person(role))
    assert client.get(page(workflow)).status_code == 404
    assert client.get("/automation/").status_code == 404
    for rest, data in CHANGES.items():
        assert client.post(page(workflow, rest), data).status_code == 404
    assert Policy.objects.get(workflow=workflow).degree == "partial"


@pytest.mark.parametrize("role", [Role.LEAD, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR])
def test_for_those_who_answer_for_it_the_page_opens(workflow, role):
    client = signed_in(person(role))
    opened = client.get(page(workflow))
    assert opened.status_code == 200
    assert '<a class="nav-item" href="/automation/" aria-current="page">' in as_read(opened.content.decode())
    assert client.get("/automation/").status_code == 200


@pytest.mark.parametrize("rest", CHANGES)
def test_an_auditor_changes_nothing(workflow, rest):
    before = (Policy.objects.get(workflow=workflow).degree, CutoffSet.objects.get().is_in_force)
    signed_in(person(Role.AUDITOR)).post(page(workflow, rest), CHANGES[rest])
    after = (Policy.objects.get(workflow=workflow).degree, CutoffSet.objects.get().is_in_force)
    assert after == before
    assert Policy.objects.get(workflow=workflow).breaker_tripped_at is None


@pytest.mark.parametrize("rest", CHANGES)
def test_nothing_is_changed_by_following_a_link(workflow, rest):
    assert signed_in(person(Role.OPERATOR)).get(page(workflow, rest)).status_code == 405


def test_a_form_of_another_site_is_refused(workflow):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person(Role.OPERATOR))
    assert client.post(page(workflow, "breaker/trip/"), {"reason": "x"}).status_code == 403
    assert Policy.objects.get(workflow=workflow).breaker_tripped_at is None


def test_what_cannot_be_done_is_said_on_the_page_it_was_asked_on(workflow):
    response = signed_in(person(Role.OPERATOR)).post(
        page(workflow, "degree/"), {"degree": "full", "reason": "Go."}
    )
    assert response.headers["Location"] == page(workflow)
    assert "accepts every case" in told(response)


def test_a_field_that_does_not_fit_is_named_with_its_fix(workflow):
    client = signed_in(person(Role.OPERATOR))
    response = client.post(page(workflow, "cutoffs/"), {"cutoff": "a lot", "reason": "x"})
    assert "is 'a lot', which is no number. Give a number from 0 to 1." in told(response)
    for text in ("nan", "inf", "-1", "1e400", "\x00"):
        client.post(page(workflow, "cutoffs/"), {"cutoff": text, "reason": "x"})
    assert CutoffSet.objects.count() == 1


def test_an_operator_with_an_old_page_is_asked_to_look_again(workflow):
    client = signed_in(person(Role.OPERATOR))
    response = client.post(page(workflow, "cutoffs/"), {"cutoff": "0.5", "reason": "x", "seen": "0"})
    assert "What this rests on has changed since the page was loaded." in told(response)
    assert "You had written: “x”" in told(response)


@pytest.mark.parametrize("rest", ["degree/settle/", "cutoffs/settle/"])
def test_rows_of_another_workflow_are_not_settled_here(workflow, rest):
    other = workflow_with_policy(degree="assist")
    proposed = cutoffs_of(champion_of(other), None, in_force_from=None)
    asked = DegreeChange.objects.create(
        workflow=other,
        before="assist",
        after="partial",
        status="asked",
        asked_by="x",
        asked_by_id="1",
        asked_at=NOW,
    )
    client = signed_in(person(Role.OPERATOR))
    for row in (proposed, asked):
        response = client.post(page(workflow, rest), {"id": str(row.pk), "answer": "approve"})
        assert response.status_code == 404
    assert client.post(page(workflow, rest), {"id": "no id"}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target", "0"),
        ("target", "100"),
        ("target", "nan"),
        ("confidence", "50"),
        ("confidence", "1e999"),
        ("audit_base", "0.1"),
        ("audit_amber", "1"),
        ("blind_share", "0"),
        ("scope", "some"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused_at_its_field(workflow, field, value):
    fitting = {
        "target": "1",
        "confidence": "95",
        "scope": "overall",
        "audit_base": "2",
        "audit_amber": "25",
        "blind_share": "10",
    }
    response = signed_in(person(Role.OPERATOR)).post(
        page(workflow, "promise/change/"), fitting | {field: value}
    )
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert Policy.objects.get(workflow=workflow).target == 0.01


def test_names_and_reasons_are_text_and_never_markup(workflow):
    script = "<script>alert(1)</script>"
    other = operator(name="mallory")
    client = signed_in(User.objects.get(pk=other.user_id))
    client.post(page(workflow, "degree/"), {"degree": "assist", "reason": script})
    client.post(page(workflow, "cutoffs/"), {"cutoff": "0.5", "reason": script})
    client.post(page(workflow, "breaker/trip/"), {"reason": script})
    body = client.get(page(workflow)).content.decode()
    assert script not in body
    assert body.count("&lt;script&gt;") >= 3
