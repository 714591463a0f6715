"""Models elsewhere that workers ask: through every door, and whatever their servers do, no case is lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from cases.models import Case
from hitl.accounts.types import Role
from hitl.doctor.elsewhere import models_elsewhere
from hitl.doctor.findings import State
from hitl.flow.doors.api.bodies import case_bodies
from hitl.flow.intake import scoring
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.settling.withdraw import withdraw_case
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.errors import Invalid
from models_store.models import Source, SourceScore
from models_store.services.sources import retire_source
from models_store.source_figures import figures_of
from models_store.types import Door
from policy.models import Decision
from reviews.models import Task
from science.decision_terms import Reason
from tests.support import stub_scorers
from tests.support.factories import LABELS, NOW, TESTER, TEXT_FIELDS, client_key, person
from tests.support.remote_rows import VERSION, WAYS, deciding, fetch, register, submit, workflow_of
from tests.support.stub_scorers import Stub, served

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("door", WAYS)
def test_through_each_door_scores_come_in_batches_with_time_and_cost(door: str) -> None:
    with served(Stub(WAYS[door][0])) as stub:
        workflow = workflow_of(stub, door)
        assert Source.objects.get().tried == {"n": 20, "right": 20}
        before = len(stub.bodies)
        submit(workflow, 0.9, 0.2, 0.5)
        assert len(stub.bodies) == before, "a request waits for no server"
        fetch()
    scores = SourceScore.objects.order_by("case_id")
    assert [one.proba for one in scores] == [pytest.approx([1 - p, p], abs=1e-6) for p in (0.9, 0.2, 0.5)]
    assert all(one.milliseconds is not None and one.milliseconds >= 0 for one in scores)
    cost = 0.002 * 0.05 if door == "chat" else 0.002 / 3
    assert [one.cost for one in scores] == [pytest.approx(cost)] * 3
    assert {one["Authorization"] for one in stub.headers} == {"Bearer s3cret"}
    assert b"s3cret" not in bytes(Source.objects.get().secret or b"")
    figures = figures_of(Source.objects.get())
    assert (figures.usable, figures.awaited, figures.cost) == (3, 0, pytest.approx(cost))


def test_a_case_waits_as_scoring_and_is_decided_when_the_score_is_there() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        asked = len(stub.bodies)
        sure, unsure = submit(workflow, 0.999999999, 0.55)
        (single,) = submit(workflow, 0.000000001, is_batch=False)
        assert len(stub.bodies) == asked
        for one in (sure, unsure, single):
            assert one.case
            assert (one.case["status"], one.case["decision"]["reason"]) == ("waiting", "scoring")
            assert not Decision.objects.filter(case_id=one.case["id"]).exists()
            assert not Task.objects.filter(case_id=one.case["id"]).exists()
            (told,) = case_bodies([Case.objects.get(pk=one.case["id"])], NOW)
            assert told == one.case
        later = NOW + timedelta(seconds=2)
        assert fetch(later) == 3
    found = [Decision.objects.get(case_id=one.case["id"]) for one in (sure, unsure, single) if one.case]
    assert [(one.route, one.label) for one in found] == [("auto", "spam"), ("review", None), ("auto", "ham")]
    assert [(one.epoch, one.sequence) for one in found] == [(1, 0)] * 3
    assert {(one.arrived_at, one.decided_at) for one in found} == {(NOW, later)}
    case = Case.objects.get(pk=found[0].case_id)
    assert (case.status, case.answer, case.changed_at) == ("decided", "spam", later)
    suggested = None if found[1].is_blind else "spam"  # chance may have drawn it to be answered blind
    assert Task.objects.get(case_id=found[1].case_id).suggestion == suggested
    assert fetch(later) == 0, "nothing is asked twice"


TROUBLES: dict[str, tuple[dict[str, Any], Reason]] = {
    "5xx": ({"status": 503}, Reason.SOURCE_FAILED),
    "4xx": ({"status": 401}, Reason.SOURCE_REFUSED),
    "a redirect": ({"status": 302}, Reason.SOURCE_REFUSED),
    "a hang": ({"hang": 1.3}, Reason.SOURCE_TIMEOUT),
    "no JSON": ({"raw": b"<html>"}, Reason.SOURCE_UNREADABLE),
    "another form": ({"answer": lambda _: {"result": []}}, Reason.SOURCE_UNREADABLE),
    "a short batch": (
        {"answer": lambda _: {"result": {"scores": []}, "meta": {"version": VERSION}}},
        Reason.SOURCE_SHORT,
    ),
    "a silent change": ({"answer": stub_scorers.template("4")}, Reason.SOURCE_CHANGED),
}


@pytest.mark.parametrize("what", TROUBLES)
def test_trouble_sends_the_case_to_a_person_at_its_deadline_with_its_reason(what: str) -> None:
    how, why = TROUBLES[what]
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        (one,) = submit(workflow, 0.999999999)
        assert one.case
        for name, value in how.items():
            setattr(stub, name, value)
        assert fetch(NOW + timedelta(seconds=30)) == 0
        assert Source.objects.get().trouble == why
        assert not Decision.objects.filter(case_id=one.case["id"]).exists(), "it is asked again until then"
        assert fetch(NOW + timedelta(seconds=61)) == 1
    row = Decision.objects.get(case_id=one.case["id"])
    assert (row.route, row.reason, row.score) == ("review", why, None)
    task = Task.objects.get(case_id=one.case["id"])
    assert (task.status, task.mode, task.reasons) == ("waiting", "blind", ["unsaid"])


def test_what_it_says_of_one_case_spoils_that_case_alone_and_at_once() -> None:
    def answer(body: dict[str, Any]) -> Any:
        good = stub_scorers.template(VERSION)(body)
        good["result"]["scores"][0] = {"JUNK": 0.9}
        return good

    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        first, second = submit(workflow, 0.999999999, 0.999999998)
        stub.answer = answer
        fetch()
    reasons = [Decision.objects.get(case_id=one.case["id"]).reason for one in (first, second) if one.case]
    assert reasons == ["scores_lack_label", "above_cutoff"]


def test_who_was_not_asked_by_the_deadline_goes_to_a_person() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        (one,) = submit(workflow, 0.999999999)
        fetch(NOW + timedelta(seconds=61))
    assert one.case
    assert Decision.objects.get(case_id=one.case["id"]).reason == Reason.SOURCE_LATE


def test_the_same_request_again_is_answered_as_the_first_time() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        once = Intake(
            workflow.slug,
            [Submission({"body": "once 0.999999999"})],
            client_key(),
            NOW,
            idempotency_key="once",
            request_sha256=bytes(32),
        )
        (first,) = submit_cases(once)
        (again,) = submit_cases(once)
        fetch(NOW + timedelta(seconds=1))
        (later,) = submit_cases(once)
    assert (first.status, again.status, later.status) == (201, 200, 200)
    assert first.case == again.case == later.case
    assert Case.objects.filter(idempotency_key="once").count() == 1


def test_after_trouble_it_is_asked_again_and_the_case_is_decided() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        (one,) = submit(workflow, 0.999999999)
        stub.status = 500
        fetch(NOW + timedelta(seconds=5))
        stub.status = 200
        fetch(NOW + timedelta(seconds=10))
    assert one.case
    assert Decision.objects.get(case_id=one.case["id"]).route == "auto"
    assert Source.objects.get().trouble == ""


def test_an_address_that_is_not_public_is_not_connected_to() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        (one,) = submit(workflow, 0.999999999)
        asked = len(stub.bodies)
        with override_settings(WEBHOOK_NETWORKS=[]):
            Source.objects.update(address=stub.url.replace("http:", "https:"))
            fetch(NOW + timedelta(seconds=30))
            fetch(NOW + timedelta(seconds=61))
        assert len(stub.bodies) == asked
    assert one.case
    assert Decision.objects.get(case_id=one.case["id"]).reason == Reason.SOURCE_UNREACHABLE
    assert "not a public address" in Source.objects.get().trouble_words


def test_a_retired_source_leaves_no_case_waiting() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        (one,) = submit(workflow, 0.999999999)
        retire_source(source_id=Source.objects.get().pk, actor=TESTER, now=NOW, reason="Sold")
        (after,) = submit(workflow, 0.999999999)
        fetch()
    assert one.case
    assert after.case
    assert Decision.objects.get(case_id=one.case["id"]).reason == Reason.SOURCE_UNREGISTERED
    assert Decision.objects.get(case_id=after.case["id"]).reason == Reason.SOURCE_SILENT


def test_a_case_that_is_withdrawn_while_it_waits_stays_withdrawn() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        (one,) = submit(workflow, 0.999999999)
        assert one.case
        withdraw_case(case_id=Case.objects.get(pk=one.case["id"]).pk, actor=TESTER, now=NOW)
        fetch()
    assert Case.objects.get(pk=one.case["id"]).status == "withdrawn"
    assert [row.reason for row in Decision.objects.filter(case_id=one.case["id"])] == ["withdrawn"]


def test_pages_know_a_case_that_has_no_routing_yet() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        (one,) = submit(workflow, 0.9)
    assert one.case
    client = Client()
    client.force_login(person(*Role.values))
    page = client.get(reverse("case", args=[one.case["id"]]))
    assert page.status_code == 200
    assert "Its score is being asked for" in page.content.decode()
    assert client.get(reverse("cases"), {"workflow": workflow.slug}).status_code == 200


def test_two_workers_ask_once() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = deciding(stub)
        submit(workflow, 0.9)
        Source.objects.update(busy_until=NOW + timedelta(minutes=1))
        asked = len(stub.bodies)
        assert fetch() == 0
        assert len(stub.bodies) == asked
        assert fetch(NOW + timedelta(minutes=2)) == 1, "the first one died"


def test_the_sweep_finds_who_waits_and_who_is_untried(django_capture_on_commit_callbacks: Any) -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = workflow_of(stub)
        assert scoring.sweep_scores(now=NOW) == 0
        submit(workflow, 0.9)
        assert scoring.sweep_scores(now=NOW) == 1


def test_a_turned_label_map_is_refused_by_the_worker_that_tries_it() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = set_up_workflow(
            slug="remote", name="Mail", fields=TEXT_FIELDS, labels=LABELS, actor=TESTER, now=NOW
        )
        stub.answer = lambda body: {
            "result": {"scores": [{"JUNK": s["FINE"], "FINE": s["JUNK"]} for s in
                                  stub_scorers.template(VERSION)(body)["result"]["scores"]]},
            "meta": {"version": VERSION},
        }  # fmt: skip
        register(workflow, stub)
        fetch()
    source = Source.objects.get()
    assert source.retired_at is not None
    assert "0 of 20 known answers are right; 20 would be under another" in source.trouble_words


def test_a_language_model_that_wants_to_say_something_else_has_said_nothing() -> None:
    with served(Stub(WAYS["chat"][0])) as stub:
        workflow = workflow_of(stub, "chat")
        submit(workflow, 0.9)
        stub.answer = stub_scorers.chat(VERSION, mass=0.3)
        fetch()
    assert SourceScore.objects.get().unusable == Reason.SOURCE_MASS


def test_where_there_are_no_log_probabilities_votes_are_counted() -> None:
    with served(Stub(WAYS["chat"][0])) as stub:
        workflow = workflow_of(stub, "chat", options={"votes": 4})
        submit(workflow, 0.9)
        fetch()
    assert SourceScore.objects.get().proba == pytest.approx([0.1, 0.9])
    assert {body["temperature"] for body in stub.bodies} == {1}


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"seconds": 0}, "seconds"),
        ({"deadline_seconds": 1e9}, "deadline_seconds"),
        ({"secret": "Bearer x\r\nHost: y"}, "secret"),
        ({"options": {"template": {}}}, "options.template"),
        ({"options": {"classes": ["JUNK"]}}, "options.classes"),
        ({"options": {"odd": 1}}, "options.odd"),
        ({"price": -1}, "price"),
    ],
)
def test_what_does_not_fit_is_named_with_its_fix(told: dict[str, Any], field: str) -> None:
    workflow = set_up_workflow(
        slug="remote", name="Mail", fields=TEXT_FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )
    with pytest.raises(Invalid) as refused:
        register(workflow, Stub(stub_scorers.mlflow, url="https://models.example/score"), **told)
    assert field in {problem["field"] for problem in refused.value.facts["errors"]}
    assert Source.objects.count() == 0


def test_doctor_says_which_model_elsewhere_does_not_answer() -> None:
    assert not list(models_elsewhere())
    with served(Stub(WAYS["template"][0])) as stub:
        workflow = workflow_of(stub)
        assert [finding.state for finding in models_elsewhere()] == [State.FINE]
    submit(workflow, 0.9)
    fetch()
    (found,) = models_elsewhere()
    assert found.state == State.LOOK
    assert found.words.startswith(f"{Source.objects.get().name} of remote did not answer last: ")


def test_doctor_says_where_no_worker_can_run_an_onnx_file() -> None:
    with served(Stub(WAYS["template"][0])) as stub:
        workflow_of(stub)
    Source.objects.update(door=Door.ONNX)
    with override_settings(ONNX_PYTHON="/nowhere/python"):
        (found, _) = models_elsewhere()
    assert found.state == State.WRONG
    assert "manage.py onnx" in found.fix
