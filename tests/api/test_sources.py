"""Scores of models elsewhere over REST: sent with cases one by one, together, later and with files."""

from base64 import b64encode

import pytest

from cases.models import IntakeBatch, Workflow
from hitl.accounts.types import Scope
from hitl.flow.intake import in_force, later
from hitl.shared import clock
from models_store.models import Source, SourceScore
from policy.models import Decision
from tests.api.client import ApiClient
from tests.api.conftest import client_with
from tests.support.source_rows import LABEL_MAP, MODEL, deciding, known_answers, listening, scores

pytestmark = pytest.mark.django_db

CASES, SOURCES = "/workflows/elsewhere/cases", "/workflows/elsewhere/sources"
CERTAIN = 1 - 1e-9


@pytest.fixture
def submitter() -> ApiClient:
    in_force.forget()
    return client_with(Scope.SUBMIT)


@pytest.fixture
def manager() -> ApiClient:
    in_force.forget()
    return client_with(Scope.MANAGE)


def new(**told: object) -> dict[str, object]:
    return {"model": MODEL, "version": "2", "label_map": LABEL_MAP, "known_answers": known_answers()} | told


def test_a_case_with_a_sure_score_is_decided_at_once(submitter: ApiClient) -> None:
    workflow: Workflow = deciding()
    body = {"content": {"body": "hello"}, "scores": scores(CERTAIN)}
    found = submitter.send("POST", CASES, body).json()
    assert (found["status"], found["answer"]) == ("decided", "spam")
    assert found["decision"]["release"] == workflow.releases.get().name


def test_nan_in_a_score_refuses_nothing_and_a_person_decides(submitter: ApiClient) -> None:
    deciding()
    body = b"""{"content": {"body": "x"}, "scores": {"model": "acme-spam", "version": "2026-03",
              "probabilities": {"JUNK": NaN, "FINE": 1}}}"""
    found = submitter.send("POST", CASES, body)
    assert found.status_code == 201
    assert (found.json()["status"], found.json()["decision"]["reason"]) == ("waiting", "scores_no_numbers")


def test_lines_and_later_batches_carry_scores(submitter: ApiClient) -> None:
    listening()
    line = b'{"content": {"body": "%d"}, "scores": {"model": "acme-spam", "version": "2026-03",'
    line += b' "probabilities": {"JUNK": 0.25, "FINE": 0.75}}}'
    body = b"\n".join(line % i for i in range(3))
    assert submitter.send("POST", CASES, body, content_type="application/x-ndjson").status_code == 200
    assert SourceScore.objects.count() == 3
    headers = {"Prefer": "respond-async"}
    submitter.send("POST", CASES, body, content_type="application/x-ndjson", headers=headers)
    later.take_in_batch(batch_id=IntakeBatch.objects.get().pk, now=clock.now())
    assert SourceScore.objects.count() == 6
    assert SourceScore.objects.latest("case_id").proba == [0.75, 0.25]


def test_the_same_request_again_keeps_one_score(submitter: ApiClient) -> None:
    listening()
    body = {"content": {"body": "hello"}, "scores": scores(0.5)}
    headers = {"Idempotency-Key": "once"}
    first, again = (submitter.send("POST", CASES, body, headers=headers) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert SourceScore.objects.count() == 1


def test_while_a_person_is_awaited_the_submitter_is_told_nothing_of_the_score(submitter: ApiClient) -> None:
    deciding()
    found = submitter.send("POST", CASES, {"content": {"body": "x"}, "scores": scores(0.6)}).json()
    assert found["decision"] == {
        "route": "review",
        "reason": "below_cutoff",
        **dict.fromkeys(("label", "confidence", "release", "cutoff_set", "certificate", "decided_at")),
    }
    assert Decision.objects.get(case_id=found["id"]).predicted == "spam"


def test_a_key_proposes_and_is_told_that_nobody_listens_yet(manager: ApiClient) -> None:
    listening()
    made = manager.send("POST", SOURCES, new())
    assert made.status_code == 201
    body = made.json()
    assert (body["confirmed_at"], body["known_answers"]) == (None, {"n": 20, "right": 18})
    listed = manager.send("GET", SOURCES).json()["items"]
    assert [one["version"] for one in listed] == ["2", "2026-03"]
    assert manager.send("POST", SOURCES, new()).status_code == 409


def test_a_map_that_is_turned_round_is_refused_by_name(manager: ApiClient) -> None:
    listening()
    made = manager.send("POST", SOURCES, new(label_map={"JUNK": "ham", "FINE": "spam"}))
    assert (made.status_code, made.json()["code"]) == (422, "label_map_refused")
    assert "JUNK → spam, FINE → ham" in made.json()["detail"]
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    "told",
    [{"label_map": []}, {"known_answers": {}}, {"model": 7}, {"version": None}, {"prompt": "x"}],
)
def test_what_does_not_fit_is_named(manager: ApiClient, told: dict[str, object]) -> None:
    listening()
    made = manager.send("POST", SOURCES, new(**told))
    assert made.status_code == 422
    assert made.json()["errors"][0]["field"] in told


def test_a_submitters_key_neither_proposes_nor_lists(submitter: ApiClient) -> None:
    listening()
    assert submitter.send("POST", SOURCES, new()).status_code == 403
    assert submitter.send("GET", SOURCES).status_code == 403


def test_an_onnx_file_comes_in_base64(manager: ApiClient) -> None:
    listening()
    known = [{"label": one["label"], "content": {"body": "x"}} for one in known_answers()]
    file = b64encode(b"a file that only a worker reads").decode()
    told = new(door="onnx", known_answers=known, file=file)
    assert manager.send("POST", SOURCES, told).status_code == 201
    source = Source.objects.get(version="2")
    assert (source.file_bytes, source.address, source.is_in_use) == (31, "", False)
    refused = manager.send("POST", SOURCES, told | {"version": "3", "file": "no base64!"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "file")
