"""One case and many: decided by the same rule, written whole or not at all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import thread_time
from typing import Any

import pytest
from django.db import connection

from cases.models import Case
from cases.services.versions import bump
from hitl.accounts.clients import ClientKey
from hitl.accounts.keys import revoke_key
from hitl.flow.intake.in_force import workflow_in_force
from hitl.flow.intake.patience import REST, STRIKES
from hitl.flow.intake.replays import IdempotencyMismatch, KeyRevoked
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, ItemResult, Submission
from hitl.outbox.models import Endpoint, Event
from models_store.models import Release
from policy.models import CutoffSet, Decision, Policy
from reviews.models import Task
from science.serving import ServedModel
from tests.support.factories import NOW, TESTER, client_key
from tests.support.spam import mail_workflow, mails

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(db: None) -> ClientKey:
    """A key for every workflow."""
    return client_key()


def submit(key: ClientKey, *contents: object, is_batch: bool = False, **facts: object) -> list[ItemResult]:
    """Submit contents to the mail workflow."""
    items = [c if isinstance(c, Submission) else Submission(c) for c in contents]
    return submit_cases(Intake("spam-mail", items, key, NOW, is_batch=is_batch, **facts))  # type: ignore[arg-type]


def test_one_by_one_and_in_a_batch_real_mail_is_decided_alike(key: ClientKey) -> None:
    mail_workflow()
    contents = [mail.content for mail in mails()[:120]]
    singly = [submit(key, content)[0] for content in contents]
    together = submit(key, *contents, is_batch=True)

    def outcome(result: ItemResult) -> tuple[object, ...]:
        assert result.case is not None
        decision = Decision.objects.get(case_id=result.case["id"])
        return decision.route, decision.reason, decision.predicted, decision.score, decision.proba

    assert [outcome(a) for a in singly] == [outcome(b) for b in together]
    routes = Counter(Decision.objects.values_list("route", flat=True))
    assert routes["auto"] > 60
    assert routes["review"] > 10


def test_an_automatic_case_costs_two_rows_and_one_statement(key: ClientKey) -> None:
    mail_workflow(cutoff=0.0, audit_base=0.005, audit_rate=0.005)
    submit(key, mails()[0].content)  # the first prepares the statement and reads the workflow
    with connection.execute_wrapper(statements := _Statements()):
        (result,) = submit(key, mails()[1].content)
    assert result.case is not None
    assert result.case["decision"]["route"] == "auto"
    assert len(statements.seen) == 1
    assert Event.objects.count() == 0
    decision = Decision.objects.get(case_id=result.case["id"])
    assert Task.objects.filter(case_id=result.case["id"]).exists() == decision.is_audited


def test_monitors_take_no_part_in_intake(key: ClientKey) -> None:
    mail_workflow(cutoff=0.0)
    contents = [mail.content for mail in mails()[:20]]
    submit(key, *contents, is_batch=True)
    with connection.execute_wrapper(statements := _Statements()):
        submit(key, *contents, is_batch=True)
        submit(key, contents[0])
    # They read the decisions' own rows later, at a rate of their own.
    assert statements.seen
    assert not [sql for sql in statements.seen if "policy_watch" in sql or "policy_reading" in sql]


class _Statements:
    """Notes what is sent to the database."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        self.seen.append(sql)
        return execute(sql, params, many, context)


def test_a_decision_names_everything_that_recomputes_it(key: ClientKey) -> None:
    mail_workflow(cutoff=0.0)
    (result,) = submit(key, mails()[0].content)
    assert result.case is not None
    decision = Decision.objects.get(case_id=result.case["id"])
    assert decision.release_id == Release.objects.get().id
    assert decision.cutoff_set_id == CutoffSet.objects.get().id
    assert decision.inclusion_probability == 0.02
    assert decision.uniform is not None
    assert 0 <= decision.uniform < 1
    assert decision.is_audited == (decision.uniform < decision.inclusion_probability)
    assert decision.proba is not None
    assert sum(decision.proba) == pytest.approx(1)
    assert decision.score == max(decision.proba)


def test_about_one_in_fifty_automatic_decisions_is_audited_and_nobody_is_told(key: ClientKey) -> None:
    mail_workflow(cutoff=0.0)
    contents = [mail.content for mail in mails()] * 2
    results = submit(key, *contents, is_batch=True)
    audited = Task.objects.filter(purpose="audit")
    assert 45 <= audited.count() <= 125  # 80 expected; four standard deviations are 36
    assert set(audited.values_list("mode", "suggestion", "release")) == {("blind", None, None)}
    shown = {tuple(sorted(r.case["decision"])) for r in results if r.case}
    assert len(shown) == 1
    assert not any("audit" in name for name in shown.pop())


@pytest.mark.parametrize("degree", ["human_only", "shadow", "assist"])
def test_below_partial_every_case_goes_to_a_person(key: ClientKey, degree: str) -> None:
    mail_workflow(degree=degree, cutoff=0.0)
    results = submit(key, *[mail.content for mail in mails()[:50]], is_batch=True)
    assert {r.case["status"] for r in results if r.case} == {"waiting"}
    assert set(Decision.objects.values_list("reason", flat=True)) == {degree}
    if degree == "human_only":
        assert not Decision.objects.filter(proba__isnull=False).exists()
    if degree in ("human_only", "shadow"):
        assert set(Task.objects.values_list("mode", "suggestion")) == {("blind", None)}


def test_a_change_of_policy_holds_from_the_next_case_on(key: ClientKey) -> None:
    workflow = mail_workflow(cutoff=0.0)
    assert submit(key, mails()[0].content)[0].case["status"] == "decided"  # type: ignore[index]
    cached = workflow_in_force("spam-mail")
    Policy.objects.update(breaker_tripped_at=NOW, breaker_reason="of the test")
    bump(workflow.id)
    assert workflow_in_force("spam-mail") is cached  # this process has not noticed
    (result,) = submit(key, mails()[1].content)
    assert result.case is not None
    assert result.case["decision"]["route"] == "breaker_review"
    (batch,) = submit(key, mails()[2].content, is_batch=True)
    assert batch.case is not None
    assert batch.case["status"] == "waiting"


def test_a_revoked_key_writes_nothing(key: ClientKey) -> None:
    mail_workflow()
    submit(key, mails()[0].content)
    revoke_key(key_id=key.id, actor=TESTER, now=NOW)
    for is_batch in (False, True):
        with pytest.raises(KeyRevoked):
            submit(key, mails()[1].content, is_batch=is_batch)
    assert Case.objects.count() == 1


def test_of_a_half_valid_batch_the_good_half_is_taken_in(key: ClientKey) -> None:
    mail_workflow()
    good = mails()[0].content
    results = submit(
        key,
        Submission(good, "a"),
        Submission({"subject": 3, "body": "x", "colour": "red"}),
        Submission(good, "a"),
        Submission(good, "b\x00"),
        Submission(good, "c"),
        is_batch=True,
    )
    assert [r.status for r in results] == [201, 422, 409, 422, 201]
    assert [e["field"] for e in results[1].errors] == ["content.subject", "content.colour"]
    assert all(e["error"] and e["fix"] for r in results for e in r.errors)
    assert sorted(Case.objects.values_list("reference", flat=True)) == ["a", "c"]
    assert Decision.objects.count() == Case.objects.count() == 2


def test_a_batch_sent_again_answers_as_the_first_time(key: ClientKey) -> None:
    mail_workflow()
    items = [Submission(mail.content, mail.reference) for mail in mails()[:30]] + [Submission({"body": 1})]
    once = {"idempotency_key": "b-1", "request_sha256": b"payload", "is_batch": True}
    first = submit(key, *items, **once)
    again = submit(key, *items, **once)
    assert [r.status for r in first] == [201] * 30 + [422]
    assert [r.status for r in again] == [200] * 30 + [422]
    assert [r.case for r in again] == [r.case for r in first]
    assert Case.objects.count() == 30
    with pytest.raises(IdempotencyMismatch):
        submit(key, *items, **(once | {"request_sha256": b"another"}))


def test_a_replay_tells_the_first_answer_though_the_case_moved_on(key: ClientKey) -> None:
    mail_workflow(degree="assist")
    once = {"idempotency_key": "k", "request_sha256": b"payload"}
    (first,) = submit(key, mails()[0].content, **once)
    Case.objects.update(status="decided", answer="spam", changed_at=NOW + timedelta(hours=1))
    (again,) = submit(key, mails()[0].content, **once)
    assert again.status == 200
    assert again.case == first.case


def test_a_model_that_cannot_be_loaded_sends_its_cases_to_people(key: ClientKey) -> None:
    mail_workflow(cutoff=0.0)
    Release.objects.update(signature=bytes(32))
    from models_store import serving

    serving.forget()
    (result,) = submit(key, mails()[0].content)
    assert result.case is not None
    assert result.case["decision"]["reason"] == "no_score"
    assert Task.objects.get().mode == "blind"


def test_a_case_that_no_model_can_bear_goes_to_a_person_and_holds_up_no_other(
    key: ClientKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_workflow(cutoff=0.0)
    real = ServedModel.scored

    def fragile(served: ServedModel, rows: Sequence[Mapping[str, Any]]) -> Any:
        if any("poison" in str(row["body"]) for row in rows):
            raise MemoryError
        return real(served, rows)

    monkeypatch.setattr(ServedModel, "scored", fragile)
    contents = [mail.content for mail in mails()[:50]]
    for place in (7, 30):
        contents[place] = {**contents[place], "body": "poison"}
    results = submit(key, *contents, is_batch=True)
    reasons = [result.case["decision"]["reason"] for result in results if result.case]
    assert {place: reason for place, reason in enumerate(reasons) if reason != "above_cutoff"} == {
        7: "no_score",
        30: "no_score",
    }
    assert Task.objects.filter(purpose="review").count() == 2
    (alone,) = submit(key, contents[7])
    assert alone.case is not None
    assert alone.case["decision"]["reason"] == "no_score"


def test_subscribers_are_told_in_the_same_transaction(key: ClientKey) -> None:
    mail_workflow(cutoff=0.0)
    Endpoint.objects.create(name="all", url="https://example.org/", secrets=["s"], created_at=NOW)
    (result,) = submit(key, mails()[0].content)
    assert result.case is not None
    events = Event.objects.order_by("id")
    assert list(events.values_list("kind", flat=True)) == ["case.submitted", "case.decided"]
    assert {str(e.subject_id) for e in events} == {result.case["id"]}
    assert "body" not in str(list(events.values_list("payload", flat=True)))


def test_awkward_text_arrives_as_it_was_sent(key: ClientKey) -> None:
    mail_workflow()
    texts = [
        "\\N",
        "a\tb\nc\rd\\",
        '"quoted" {braces}',
        "ไทย العربية 😀 \u2028",
        "\\x00",
        "'; drop table --",
        "",
    ]
    results = submit(key, *[{"subject": t, "body": t} for t in texts], is_batch=True)
    singly = [submit(key, {"subject": t, "body": t})[0] for t in texts]
    for r, text in zip(results + singly, texts * 2, strict=True):
        assert r.case is not None
        assert Case.objects.get(pk=r.case["id"]).content == {"subject": text, "body": text}


def test_a_model_that_is_slow_again_and_again_is_left_alone_for_a_while_and_then_tried_again(
    key: ClientKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_workflow(cutoff=0.0)
    real, calls = ServedModel.scored, list[int]()
    clock, is_slow = [0.0], [True]
    monkeypatch.setattr("hitl.flow.intake.patience.monotonic", lambda: clock[0])
    monkeypatch.setattr("hitl.flow.intake.patience.FIRST_SECONDS", 0.05)

    def model(served: ServedModel, rows: Sequence[Mapping[str, Any]]) -> Any:
        calls.append(len(rows))
        end = thread_time() + 0.1 * is_slow[0]
        while thread_time() < end:
            pass
        return real(served, rows)

    def reason(n: int) -> str:
        (result,) = submit(key, mails()[n].content)
        assert result.case is not None
        return str(result.case["decision"]["reason"])

    monkeypatch.setattr(ServedModel, "scored", model)
    assert [reason(n) for n in range(5)] == ["above_cutoff"] * STRIKES + ["no_score"] * 2
    assert len(calls) == STRIKES
    clock[0] += REST
    assert [reason(n) for n in (5, 6)] == ["above_cutoff", "no_score"], "still slow: one call, and rest again"
    clock[0] += REST
    is_slow[0] = False
    assert [reason(n) for n in (7, 8, 9)] == ["above_cutoff"] * 3
