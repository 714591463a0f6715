"""The desk's doors: who may enter, what a blind case shows, and what every request answers."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.shared import clock
from models_store.models import Release, StoredExplanation
from models_store.selectors import _examples_of
from policy.models import Certificate, Decision
from reviews.models import Review, ReviewRules, Task
from reviews.selectors import label_names_of
from reviews.services.leases import give_back
from tests.support.case_rows import waiting_case
from tests.support.factories import NOW, client_key, person
from tests.support.oracle import Oracle
from tests.support.pages import as_read
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import claim, review_workflow, suggest, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def still_clock() -> None:
    """Let no time pass: pages say how long ago things were."""
    clock.use(lambda: NOW)


def at_desk(user: User) -> Client:
    client = Client(headers={"X-Desk": "1"})
    client.force_login(user)
    return client


def lease_in(response) -> str:
    found = re.search(r'data-lease="([0-9a-f-]{36})"', response.content.decode())
    assert found, "no case is shown"
    return found[1]


def test_only_reviewers_and_adjudicators_enter() -> None:
    for role, status in ((Role.REVIEWER, 200), (Role.ADJUDICATOR, 200), (Role.OPERATOR, 403)):
        assert at_desk(person(role)).get("/review/").status_code == status


def test_who_is_signed_out_is_sent_to_sign_in_and_a_script_is_told_so() -> None:
    assert Client().get("/review/").url == "/login/?next=/review/"
    answer = Client(headers={"X-Desk": "1"}).post("/review/answer/", {"label": "spam"})
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


def test_an_unknown_workflow_is_not_found() -> None:
    assert at_desk(person()).get("/review/?workflow=nowhere").status_code == 404


def test_loading_the_page_again_shows_the_same_case_under_the_same_lease() -> None:
    waiting(review_workflow(), 3)
    client = at_desk(person())
    assert lease_in(client.get("/review/")) == lease_in(client.get("/review/"))


def test_an_answer_is_saved_and_the_next_case_comes_with_the_same_response() -> None:
    waiting(review_workflow(), 2)
    client = at_desk(person())
    lease = lease_in(client.get("/review/"))
    response = client.post("/review/answer/", {"lease": lease, "label": "spam", "seconds": "3.5"})
    assert response.headers["X-Desk-Answer"] == "saved"
    assert "Message 1" in response.content.decode()
    again = client.post("/review/answer/", {"lease": lease, "label": "spam", "stay": "yes"})
    assert (again.status_code, again.headers["X-Desk-Answer"]) == (204, "replayed")
    assert Review.objects.count() == 1


def test_without_scripts_the_form_answers_and_leads_back_to_the_desk() -> None:
    waiting(review_workflow(), 2)
    client = Client()
    client.force_login(person())
    lease = lease_in(client.get("/review/?workflow=mail"))
    response = client.post("/review/answer/", {"lease": lease, "label": "spam", "workflow": "mail"})
    assert response.url == "/review/?workflow=mail"
    assert Review.objects.get().label == "spam"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lease": "nonsense"}, "invalid"),
        ({"label": "eggs"}, "unknown_label"),
        ({"seconds": "nan"}, "invalid"),
        ({"seconds": "soon"}, "invalid"),
        ({"comment": "x" * 3000}, "invalid"),
        ({"lease": "00000000-0000-0000-0000-000000000000"}, "lease_expired"),
    ],
)
def test_bad_input_is_named_and_nothing_is_saved(changes: dict[str, str], code: str) -> None:
    waiting(review_workflow())
    client = at_desk(person())
    sent = {"lease": lease_in(client.get("/review/")), "label": "spam"} | changes
    response = client.post("/review/answer/", sent)
    assert response.json()["code"] == code
    assert response.status_code in (409, 422)
    assert not Review.objects.exists()


def test_undo_shows_the_case_again_and_gives_back_the_one_on_the_page() -> None:
    waiting(review_workflow(), 2)
    client = at_desk(person())
    first = lease_in(client.get("/review/"))
    second = lease_in(client.post("/review/answer/", {"lease": first, "label": "spam"}))
    response = client.post("/review/undo/", {"lease": first, "holding": second})
    assert "Message 0" in response.content.decode()
    assert Task.objects.filter(status="leased").count() == 1


def test_skipping_needs_a_reason_and_shows_the_next_case() -> None:
    waiting(review_workflow(), 2)
    client = at_desk(person())
    lease = lease_in(client.get("/review/"))
    assert client.post("/review/skip/", {"lease": lease, "reason": "bored"}).status_code == 422
    response = client.post("/review/skip/", {"lease": lease, "reason": "unsure"})
    assert "Message 1" in response.content.decode()


def test_a_quiet_desk_says_where_the_open_cases_are() -> None:
    workflow = review_workflow(reviews_required=2)
    waiting(workflow, 3)
    reviewer, other = person(), person()
    client = at_desk(reviewer)
    client.post("/review/answer/", {"lease": lease_in(client.get("/review/")), "label": "spam"})
    second = claim(other)
    claim(other)
    give_back(lease_token=second.lease_token, actor=other.as_actor(), now=NOW)
    lease = lease_in(client.get("/review/"))
    page = client.post("/review/skip/", {"lease": lease, "reason": "later"}).content.decode()
    assert "One case is with another reviewer" in page
    assert "You skipped one case" in page
    assert "waits for somebody else" not in page, (
        "what came of an answer is not told, here by a second reading"
    )
    assert client.get("/review/waiting/").json() == {"has_work": False}
    assert "Message" in client.post("/review/next/", {"with_skipped": "yes"}).content.decode()


def test_the_counts_beside_the_workflows_are_those_of_now() -> None:
    flow = review_workflow()
    waiting(flow, 3)
    client = at_desk(person())
    lease = lease_in(client.get("/review/"))
    assert client.get("/review/counts/").json() == {"counts": {flow.slug: "2"}}  # one is on the desk
    client.post("/review/answer/", {"lease": lease, "label": "spam"})
    assert client.get("/review/counts/").json() == {"counts": {flow.slug: "1"}}


def test_a_lease_is_kept_by_renewing_and_given_back_on_leaving() -> None:
    waiting(review_workflow())
    client = at_desk(person())
    lease = lease_in(client.get("/review/"))
    assert client.post("/review/renew/", {"lease": lease}).json() == {"lease_seconds": 300, "ahead": {}}
    assert client.post("/review/leave/", {"lease": lease}).status_code == 204
    assert Task.objects.get().lease_until == NOW + timedelta(seconds=60)
    assert client.post("/review/give-back/", {"lease": lease}).status_code == 204
    assert client.post("/review/renew/", {"lease": lease}).json()["code"] == "lease_expired"
    case = Task.objects.get().case_id
    assert lease_in(client.post("/review/again/", {"case": case})) != lease


@pytest.mark.parametrize("most", ["", "x", "²", "-1", "9" * 5_000])
def test_a_number_of_cases_ahead_that_is_none_is_refused_by_name(most: str) -> None:
    refused = at_desk(person()).post("/review/ahead/", {"most": most})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "most"


def test_pages_left_behind_never_keep_a_person_from_working() -> None:
    flows = [review_workflow(name) for name in ("a", "b", "c", "d")]
    for flow in flows:
        waiting(flow)
    client = at_desk(person())
    for flow in flows[:3]:
        lease = lease_in(client.get(f"/review/?workflow={flow.slug}"))
        client.post("/review/leave/", {"lease": lease})
    assert "D</h2>" in client.get("/review/?workflow=d").content.decode()


MASKS = (
    (r'name="csrfmiddlewaretoken" value="\w+"', "csrf"),
    (r'"X-CSRFToken": "\w+"', "csrf"),
    (r"<strong data-tally>\d+", "tally"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "id"),
)


def masked(response) -> str:
    page = response.content.decode()
    for pattern, word in MASKS:
        page = re.sub(pattern, word, page)
    headers = {k: v for k, v in response.headers.items() if k not in ("Content-Length", "Set-Cookie")}
    return page + json.dumps(headers)


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Note what is sent to the database."""
    seen: list[str] = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def test_a_blind_case_is_the_same_bytes_and_queries_whatever_the_model_thinks(monkeypatch) -> None:
    oracle = Oracle()
    monkeypatch.setattr("hitl.flow.intake.in_force.served_model", lambda release_id: oracle)
    workflow = automating_workflow(blind_share=1.0, blind_rate=1.0, audit_base=1.0, audit_rate=1.0)
    Certificate.objects.update(status="certified")  # no share is held back by chance
    ReviewRules.objects.create(workflow=workflow)
    key, client = client_key(), at_desk(person())
    label_names_of(workflow.pk, 1)  # read once per process
    client.get("/review/")  # prepares what is prepared once per connection
    seen = set()
    for oracle.probabilities in ([0.001, 0.999], [0.998, 0.002], [0.501, 0.499], None):
        for _ in range(6):  # so that audits of automatic decisions are among them
            submit_cases(Intake(workflow.slug, [Submission({"body": "The very same words"})], key, NOW))
            with counted_statements() as statements:
                page = client.get("/review/")
            lease = lease_in(page)
            evidence = client.get(reverse("desk-evidence", args=[lease]))
            assert evidence.status_code == 409
            seen.add((masked(page), tuple(statements), masked(evidence)))
            client.post("/review/answer/", {"lease": lease, "label": "spam"})
            Task.objects.filter(status="waiting").update(status="dropped")  # second reads of what disagreed
    assert set(Task.objects.values_list("purpose", flat=True)) >= {"review", "audit"}
    assert {d.confidence for d in Decision.objects.filter(sequence=0)} == {0.999, 0.998, 0.501, None}
    assert len(seen) == 1
    assert len(next(iter(seen))[1]) >= 4


def test_an_assisted_case_says_how_often_the_model_is_right_and_names_the_runner_up() -> None:
    workflow = automating_workflow()
    case = waiting(workflow)[0]
    suggest(case, workflow.releases.get(), label="spam", confidence=0.72, runner_up="ham")
    page = as_read(at_desk(person()).get("/review/").content.decode())
    assert "Right in about 7 of 10 such cases." in page
    assert re.search(r"Likely <strong>spam</strong> rather than\s+<span[^>]*>ham", page)
    assert "0.72" not in page


def test_a_suggestion_says_how_few_examples_taught_it() -> None:
    workflow = automating_workflow()
    release = workflow.releases.get()
    for n, words in ((3, "Learnt from 3 examples."), (1, "Learnt from 1 example."), (200, None)):
        mix = {"ham": 200, "spam": n}
        Release.objects.filter(pk=release.pk).update(report={**release.report, "label_mix": mix})
        _examples_of.cache_clear()
        case = waiting(workflow)[0]
        suggest(case, release, label="spam", confidence=0.72, runner_up="ham")
        page = as_read(at_desk(person()).get("/review/").content.decode())
        assert (words in page) if words else ("Learnt from" not in page)


def test_evidence_is_for_whoever_holds_the_case_and_comes_from_the_release_that_suggested() -> None:
    workflow = automating_workflow()
    case = waiting(workflow)[0]
    release = workflow.releases.get()
    suggest(case, release, label="spam", confidence=0.72, runner_up="ham")
    body = {"status": "ok", "target": "spam", "contrast": "ham", "highlights": [], "model": "secret"}
    StoredExplanation.objects.create(
        case=case, release=release, target="spam", contrast="ham", body=body, computed_at=NOW
    )
    holder = at_desk(person())
    lease = lease_in(holder.get("/review/"))
    found = holder.get(reverse("desk-evidence", args=[lease]))
    shown = {"status": "ok", "target": "spam", "contrast": "ham", "highlights": []}
    assert found.json() == {**shown, "flips": None, "precedents": []}
    assert at_desk(person()).get(reverse("desk-evidence", args=[lease])).status_code == 409


def test_text_reaches_the_page_character_by_character() -> None:
    workflow = review_workflow()
    nasty = "a\r\nb <script>alert(1)</script> &amp; \u2066x\u2069"
    waiting_case(workflow, {"body": nasty})
    page = at_desk(person()).get("/review/").content.decode()
    assert "a&#13;\nb &lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; \u2066x\u2069" in page
    assert "<script>alert" not in page


def test_a_reviewer_changes_an_old_answer_on_its_own_page() -> None:
    case = waiting(review_workflow())[0]
    reviewer = person()
    client = Client()
    client.force_login(reviewer)
    client.post("/review/answer/", {"lease": lease_in(client.get("/review/")), "label": "spam"})
    clock.use(lambda: NOW + timedelta(minutes=1))
    assert reverse("amend", args=[case.pk]) in client.get("/review/recent/").content.decode()
    response = client.post(reverse("amend", args=[case.pk]), {"label": "ham", "reason": "Misread"})
    assert response.url == reverse("case", args=[case.pk])
    case.refresh_from_db()
    assert case.answer == "ham"
    client.force_login(person())
    assert client.get(reverse("amend", args=[case.pk])).status_code == 404
