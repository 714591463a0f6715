"""Append what people decide: next in line, never changed, one of two at the same moment."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from cases.models import Case
from hitl.shared.errors import NotFound
from hitl.shared.ids import new_id
from policy.models import Decision
from policy.selectors import history_of
from policy.services.decisions import DecidedMeanwhile, NewDecision, append_decisions
from policy.types import DecisionReason
from tests.support.factories import NOW
from tests.support.policy_rows import minutes_later, reviewer, workflow_with_policy


def a_case() -> Case:
    return Case.objects.create(
        workflow=workflow_with_policy(),
        schema_version=1,
        content={"body": "hello"},
        content_sha256=bytes(32),
        status="waiting",
        received_at=NOW,
        changed_at=NOW,
    )


def decide(case: Case, label: str | None = "ham", **more) -> Decision:
    actor = more.pop("actor", None) or reviewer()
    values = {"epoch": 1, "reason": DecisionReason.REVIEWED} | more
    append_decisions([NewDecision(case.pk, label=label, **values)], actor=actor, now=minutes_later(5))
    return Decision.objects.filter(case=case, epoch=values["epoch"]).latest("sequence")


@pytest.mark.django_db
def test_the_first_comes_after_the_place_of_the_routing():
    decision = decide(a_case(), actor=reviewer("rita"))
    assert (decision.sequence, decision.route, decision.actor_name) == (1, "person", "rita")
    assert (decision.arrived_at, decision.decided_at) == (NOW, minutes_later(5))


@pytest.mark.django_db
def test_each_comes_behind_the_last_and_epochs_count_for_themselves():
    case = a_case()
    decide(case)
    decide(case, None, reason=DecisionReason.UNDONE)
    decide(case, "spam")
    decide(case, "ham", epoch=2)
    assert [(d.epoch, d.sequence, d.label) for d in history_of(case.id)] == [
        (1, 1, "ham"),
        (1, 2, None),
        (1, 3, "spam"),
        (2, 1, "ham"),
    ]


@pytest.mark.django_db
def test_who_saw_an_older_decision_is_told():
    case = a_case()
    seen = decide(case).sequence
    decide(case, "spam", after=seen)
    with pytest.raises(DecidedMeanwhile), transaction.atomic():
        decide(case, "ham", after=seen)
    assert [d.label for d in history_of(case.id)] == ["ham", "spam"]


@pytest.mark.django_db
def test_a_case_that_is_not_there_is_not_decided():
    nowhere = NewDecision(new_id(), 1, DecisionReason.REVIEWED, "ham")
    with pytest.raises(NotFound):
        append_decisions([nowhere], actor=reviewer(), now=NOW)


@pytest.mark.django_db
def test_other_broken_rules_are_not_taken_for_a_race():
    with pytest.raises(IntegrityError), transaction.atomic():
        decide(a_case(), reason="because")  # no reason that there is


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"label": "spam"}, None])
def test_the_database_refuses_to_change_or_remove_a_decision(change):
    case = a_case()
    decide(case)
    rows = Decision.objects.filter(case_id=case.id)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.update(**change) if change else rows.delete()


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_the_same_moment_one_decides():
    case, people = a_case(), [reviewer(), reviewer()]
    seen = decide(case).sequence
    ready, results = threading.Barrier(2, timeout=10), []

    def run(actor) -> None:
        try:
            with transaction.atomic():
                Case.objects.get(pk=case.pk)
                ready.wait()
                results.append(decide(case, "spam", actor=actor, after=seen).sequence)
        except DecidedMeanwhile:
            results.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(actor,)) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(map(str, results)) == ["2", "told"]
    assert Decision.objects.filter(case_id=case.id, sequence=2).count() == 1
