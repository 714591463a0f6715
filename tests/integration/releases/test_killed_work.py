"""A process killed in a stop, a recall, or a look at what waits: nothing is lost, nothing is done twice."""

import pytest
from django.db.models import Sum

from cases.models import Case, Rescoring
from hitl.audit.models import Entry
from hitl.flow.intake import backlog
from hitl.flow.settling import recall as recalling
from hitl.flow.settling.recall import end_recall, go_on
from hitl.outbox.models import Endpoint, Event
from hitl.stop.models import Stop
from hitl.stop.services import start_everything, stop_everything
from models_store.models import Release
from policy.models import Decision, Recall, RecalledCase
from policy.services.recalls import Taken, begin_recall
from reviews.models import Task
from tests.integration.intake.test_backlog import LATER, model, promoted, waiting_workflow
from tests.support.factories import NOW, person
from tests.support.killing import DONE, TOLD, killed_everywhere
from tests.support.live_cases import HARDLY, say_of, take_in
from tests.support.policy_rows import (
    certificate_of,
    champion_of,
    cutoffs_of,
    lead,
    minutes_later,
    operator,
    workflow_with_policy,
)

pytestmark = pytest.mark.django_db(transaction=True)


def nothing_twice() -> None:
    """Assert that no news was told twice, and no case routed twice in one epoch."""
    told = list(Event.objects.values_list("kind", "subject_id"))
    assert len(set(told)) == len(told)
    routed = list(Decision.objects.filter(sequence=0).values_list("case_id", "epoch"))
    assert len(set(routed)) == len(routed)


def test_the_stop_of_everything_and_the_start() -> None:
    Endpoint.objects.create(name="tests", url="https://example.org/", secrets=["whsec_x"], created_at=NOW)
    lea, ann = lead(), operator()
    seen = killed_everywhere(lambda: stop_everything(reason="Odd.", actor=lea, now=NOW), whole=nothing_twice)
    assert (len(seen), seen[-1], Stop.objects.count()) == (3, DONE, 1)
    seen = killed_everywhere(
        lambda: start_everything(reason="Found.", actor=ann, now=LATER), whole=nothing_twice
    )
    assert (len(seen), seen[-1], Stop.objects.get().started_at) == (3, TOLD, LATER)
    told = Event.objects.order_by("kind").values_list("kind", flat=True)
    assert list(told) == ["automation.started", "automation.stopped"]


def test_what_waits_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    workflow = waiting_workflow(5)
    Endpoint.objects.create(name="tests", url="https://example.org/", secrets=["whsec_x"], created_at=NOW)
    promoted(workflow)
    monkeypatch.setattr(backlog, "CHUNK", 2)

    def whole() -> None:
        nothing_twice()
        n = Case.objects.filter(status="decided").count()
        assert Decision.objects.filter(epoch=2).count() == n
        assert Task.objects.filter(status="dropped").count() == n
        assert Event.objects.filter(kind="case.decided").count() == n
        assert (Rescoring.objects.aggregate(n=Sum("decided"))["n"] or 0) == n

    def act() -> None:
        backlog.sweep_backlogs(now=LATER)
        if Rescoring.objects.exists():
            backlog.rescore(workflow_id=workflow.pk, now=LATER)

    with model():
        seen = killed_everywhere(act, whole=whole)
    assert len(seen) == 6  # nothing, begun, 2, 4 and 5 cases; and its end
    assert seen[-1] == DONE
    done = Rescoring.objects.get()
    assert (done.looked, done.decided, done.finished_at) == (5, 5, LATER)
    assert Entry.objects.filter(action="backlog.rescored").count() == 1


def recalled_release(n: int) -> Release:
    """Return a champion that has decided so many cases, none of them audited; two people review."""
    release = champion_of(workflow_with_policy(degree="partial"))
    cutoffs_of(release, certificate_of(release, status="certified"))
    Endpoint.objects.create(name="tests", url="https://example.org/", secrets=["whsec_x"], created_at=NOW)
    take_in(release, n, at=NOW, uniform=HARDLY)
    return release


def test_a_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    release, lea, people = recalled_release(3), lead(), [person(), person()]
    monkeypatch.setattr(recalling, "CHUNK", 2)

    def begun() -> None:  # as a person, who looks whether it is there before asking again
        if not Recall.objects.exists():
            taken = Taken(release_id=release.pk)
            begin_recall(
                workflow_id=release.workflow_id,
                taken=taken,
                per_day=9,
                reason="Odd.",
                actor=lea,
                now=LATER,
            )

    def whole() -> None:
        nothing_twice()
        asked = RecalledCase.objects.filter(asked_at__isnull=False).count()
        assert Task.objects.filter(reasons=["recalled"]).count() == asked
        assert Event.objects.filter(kind="decision.recalled").count() == asked

    assert len(killed_everywhere(begun, whole=whole)) == 3
    pk = Recall.objects.get().pk
    seen = killed_everywhere(lambda: go_on(recall_id=pk, now=LATER), whole=whole)
    assert len(seen) == 5  # begun, listed, 2 and 3 asked about; and its end
    cases = list(RecalledCase.objects.values_list("case_id", flat=True))
    for who in people:
        say_of(cases[:1], "spam", who, at=minutes_later(10))
    say_of(cases[1:], "ham", people[0], at=minutes_later(10))
    seen = killed_everywhere(lambda: go_on(recall_id=pk, now=minutes_later(60)), whole=whole)
    assert len(seen) == 4  # asked, answers taken in, closed; and its end
    made = Recall.objects.get()
    assert (made.report["answered"], made.report["wrong"]) == (3, 1)
    assert Event.objects.filter(kind="recall.closed").count() == 1
    assert Entry.objects.filter(action="recall.closed").count() == 1


def test_the_end_of_a_recall() -> None:
    release, lea = recalled_release(3), lead()
    made = begin_recall(
        workflow_id=release.workflow_id,
        taken=Taken(release_id=release.pk),
        per_day=1,
        reason="Odd.",
        actor=lea,
        now=LATER,
    )
    go_on(recall_id=made.pk, now=LATER)
    seen = killed_everywhere(
        lambda: (
            Recall.objects.get(pk=made.pk).ended_by or end_recall(recall_id=made.pk, actor=lea, now=LATER)
        ),
        whole=nothing_twice,
    )
    assert (len(seen), RecalledCase.objects.count()) == (3, 1)
