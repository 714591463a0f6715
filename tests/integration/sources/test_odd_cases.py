"""A server fails on a whole batch because of one case: it goes to a person, and the others do not wait."""

from collections.abc import Callable
from typing import Any

import pytest

from models_store.models import Source, SourceScore
from models_store.services.remote import SILENT_FAULTS
from policy.models import Decision
from science.decision_terms import Reason
from tests.support import stub_scorers
from tests.support.remote_rows import VERSION, deciding, fetch, submit
from tests.support.stub_scorers import Stub, served

pytestmark = pytest.mark.django_db


def failing_on(stub: Stub, is_odd: Callable[[str], bool], status: int) -> stub_scorers.Answer:
    """Answer as the template does, but fail as a whole where one case of the batch is odd."""
    plain = stub_scorers.template(VERSION)

    def answer(body: dict[str, Any]) -> Any:
        stub.status = status if any(is_odd(one["body"]) for one in body["request"]["items"]) else 200
        return plain(body)

    return answer


@pytest.mark.parametrize(("status", "why"), [(500, Reason.SOURCE_FAILED), (400, Reason.SOURCE_REFUSED)])
def test_the_case_that_the_model_cannot_bear_is_found(status: int, why: Reason) -> None:
    with served(Stub(stub_scorers.template(VERSION))) as stub:
        workflow = deciding(stub)
        results = submit(workflow, *[0.999999999] * 17, 0.123, *[0.999999999] * 22)
        stub.answer = failing_on(stub, lambda text: text.endswith(" 0.123000000"), status)
        fetch()
    reasons = [Decision.objects.get(case_id=one.case["id"]).reason for one in results if one.case]
    assert reasons[17] == why
    assert set(reasons[:17] + reasons[18:]) == {"above_cutoff"}
    assert Source.objects.get().trouble == "", "it answers"


def test_a_server_that_fails_on_everything_is_asked_few_times_and_nothing_is_settled() -> None:
    with served(Stub(stub_scorers.template(VERSION))) as stub:
        workflow = deciding(stub)
        submit(workflow, *[0.999999999] * 40)
        asked, stub.status = len(stub.bodies), 503
        assert fetch() == 0
        assert len(stub.bodies) - asked <= 1 + SILENT_FAULTS
    assert Source.objects.get().trouble == Reason.SOURCE_FAILED
    assert SourceScore.objects.filter(unusable=Reason.SCORING).count() == 40


def test_of_many_such_cases_each_look_settles_some() -> None:
    with served(Stub(stub_scorers.template(VERSION))) as stub:
        workflow = deciding(stub)
        submit(workflow, *[p for _ in range(20) for p in (0.999999999, 0.123)])
        stub.answer = failing_on(stub, lambda text: text.endswith(" 0.123000000"), 500)
        assert 0 < fetch() < 40
        for _ in range(3):
            fetch()
    assert not SourceScore.objects.filter(unusable=Reason.SCORING).exists()
