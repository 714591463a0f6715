"""Several at once, over connections of their own: nothing twice, nothing lost, nothing under old rules."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from cases.models import Case
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from policy.models import Decision
from policy.services.breaker import trip_breaker
from reviews.models import Task
from tests.support.factories import NOW, TESTER, client_key
from tests.support.spam import mail_workflow, mails

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work: Callable[[int], Any], n: int) -> list[Any]:
    """Run `work(0..n-1)` in threads, each with a database connection of its own."""

    def run(i: int) -> Any:
        try:
            return work(i)
        finally:
            connection.close()

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(run, range(n)))


@pytest.mark.parametrize("is_batch", [False, True])
def test_of_many_with_one_reference_one_is_taken_in(is_batch: bool) -> None:
    mail_workflow()
    key = client_key()

    def submit(i: int) -> int:
        items = [Submission(mails()[i].content, "the one")]
        return submit_cases(Intake("spam-mail", items, key, NOW, is_batch=is_batch))[0].status

    assert Counter(at_once(submit, 8)) == {201: 1, 409: 7}
    assert Case.objects.count() == Decision.objects.count() == 1


@pytest.mark.parametrize("is_batch", [False, True])
def test_of_many_with_one_idempotency_key_all_get_the_one_answer(is_batch: bool) -> None:
    mail_workflow()
    key = client_key()

    def submit(_: int) -> tuple[int, object]:
        items = [Submission(mails()[0].content)]
        intake = Intake("spam-mail", items, key, NOW, "k", b"payload", is_batch=is_batch)
        result = submit_cases(intake)[0]
        return result.status, result.case

    answers = at_once(submit, 8)
    assert Counter(status for status, _ in answers) == {201: 1, 200: 7}
    assert len({str(case) for _, case in answers}) == 1
    assert Case.objects.count() == 1


def test_once_the_breaker_has_tripped_no_later_case_is_automatic() -> None:
    workflow = mail_workflow(cutoff=0.0)
    key = client_key()

    def work(i: int) -> list[str]:
        if i == 0:
            trip_breaker(workflow_id=workflow.id, reason="of the test", actor=TESTER, now=NOW)
            # From here on the trip is committed: whatever begins now must go to a person.
            items = [Submission(mail.content) for mail in mails()[:20]]
            return [
                str(submit_cases(Intake("spam-mail", [item], key, NOW))[0].case["status"])  # type: ignore[index]
                for item in items
            ]
        for mail in mails()[:20]:
            submit_cases(Intake("spam-mail", [Submission(mail.content)], key, NOW))
        return []

    after_the_trip = at_once(work, 4)[0]
    assert set(after_the_trip) == {"waiting"}
    n_people = Decision.objects.exclude(route="auto").count()
    n_audits = Decision.objects.filter(is_audited=True).count()
    assert Task.objects.count() == n_people + n_audits
    assert Case.objects.count() == Decision.objects.count() == 80
