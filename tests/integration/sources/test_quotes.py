"""A language model quotes what speaks for its answer, where a person is about to see it."""

from typing import Any
from uuid import UUID

import pytest

from cases.models import Case
from hitl.shared.errors import Invalid
from models_store.models import Release, Source, SourceScore
from models_store.services.evidence import evidence_for
from reviews.models import Task
from tests.support import stub_scorers
from tests.support.factories import NOW
from tests.support.remote_rows import VERSION, deciding, fetch, register, submit, workflow_of
from tests.support.stub_scorers import Stub, served

pytestmark = pytest.mark.django_db
RATIONALE = {"options": {"rationale": True}}


class Quoting:
    """A language model that gives letters, and quotes when it is asked to."""

    def __init__(self, quotes: str) -> None:
        self.quotes, self.asked, self.version, self.is_up = quotes, 0, VERSION, True
        self.letters = stub_scorers.chat(VERSION)

    def __call__(self, body: dict[str, Any]) -> Any:
        if body["max_tokens"] == 1:
            return self.letters(body)
        self.asked += 1
        if not self.is_up:
            return None
        message = {"message": {"content": self.quotes}}
        return {"model": self.version, "choices": [message], "usage": {"total_tokens": 200}}


def sent(*spam: float) -> list[UUID]:
    results = submit(Source.objects.get().workflow, *spam)
    return [UUID(one.case["id"]) for one in results if one.case]


def show(case_id: UUID) -> None:
    """Let the person be shown the suggestion: which tasks are blind is drawn."""
    release = Release.objects.get()
    said = SourceScore.objects.get(case_id=case_id).proba
    label = "spam" if said and said[1] > 0.5 else "ham"
    Task.objects.filter(case_id=case_id).update(mode="assisted", release=release, suggestion=label)


def test_it_quotes_for_the_person_and_not_for_what_is_decided_or_answered_blind() -> None:
    model = Quoting('["text", "no such words"]')
    with served(Stub(model)) as stub:
        deciding(stub, "chat", **RATIONALE)
        decided, shown, blind = sent(0.999999999, 0.55, 0.56)
        model.is_up = False
        fetch()
        nothing = dict.fromkeys(("release", "suggestion", "confidence", "runner_up"))
        Task.objects.filter(case_id=blind).update(mode="blind", **nothing)
        show(shown)
        before, model.is_up, model.asked = SourceScore.objects.get(case_id=shown), True, 0
        fetch()
    assert model.asked == 1
    assert SourceScore.objects.get(case_id=decided).quoted is None
    assert SourceScore.objects.get(case_id=blind).quoted is None
    score = SourceScore.objects.get(case_id=shown)
    assert score.quoted == {"label": "spam", "quotes": ["text", "no such words"]}
    assert score.cost == pytest.approx((before.cost or 0) + 0.002 * 0.2), "a quote is paid for as well"
    told = {"case_id": shown, "release_id": Release.objects.get().pk, "now": NOW}
    body = evidence_for(**told, target="spam", contrast="ham")
    assert body["status"] == "quoted"
    (mark,) = body["highlights"]
    where = mark["where"]
    text = Case.objects.get(pk=shown).content[where["part"]]
    assert text[where["start"] : where["end"]] == where["quote"] == "text"
    assert evidence_for(**told, target="ham", contrast="spam")["status"] == "elsewhere", "of another label"


@pytest.mark.parametrize("said", ["I would rather not", '["nothing that stands there"]', "[]"])
def test_where_nothing_it_quotes_stands_in_the_case_nothing_is_marked(said: str) -> None:
    with served(Stub(Quoting(said))) as stub:
        deciding(stub, "chat", **RATIONALE)
        (case_id,) = sent(0.55)
        fetch()
        show(case_id)
        fetch()
    assert SourceScore.objects.get(case_id=case_id).quoted is not None
    told = {"case_id": case_id, "release_id": Release.objects.get().pk, "now": NOW}
    assert evidence_for(**told, target="spam", contrast="ham")["status"] == "elsewhere"


def test_a_silent_change_or_a_failure_quotes_nothing_and_loses_no_case() -> None:
    model = Quoting('["text"]')
    with served(Stub(model)) as stub:
        deciding(stub, "chat", **RATIONALE)
        model.version = "4"
        (case_id,) = sent(0.55)
        fetch()
        show(case_id)
        fetch()
        assert SourceScore.objects.get(case_id=case_id).quoted is None
        stub.status = 503
        fetch()
    assert SourceScore.objects.get(case_id=case_id).quoted is None
    assert Task.objects.filter(case_id=case_id, status="waiting").exists()


def test_without_the_option_it_is_asked_for_letters_alone() -> None:
    model = Quoting('["text"]')
    with served(Stub(model)) as stub:
        deciding(stub, "chat")
        (case_id,) = sent(0.55)
        fetch()
        show(case_id)
        fetch()
    assert model.asked == 0


@pytest.mark.parametrize(("door", "value"), [("chat", "yes"), ("template", True), ("chat", 1)])
def test_only_a_language_model_may_be_asked_to_quote(door: str, value: object) -> None:
    with served(Stub(Quoting("[]"))) as stub:
        workflow = workflow_of(stub, "chat")
        with pytest.raises(Invalid) as refused:
            register(workflow, stub, door, options={"rationale": value})
    assert refused.value.facts["errors"][0]["field"] == "options.rationale"
