"""Several at once, over connections of their own: nothing twice, nothing lost, nothing under old rules."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection

from cases.models import Case, IntakeBatch
from hitl.flow.intake.later import accept_batch, take_in_batch
from hitl.flow.intake.replays import request_digest
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


def test_of_many_with_one_idempotency_key_some_of_them_for_later_one_set_of_cases_is_made() -> None:
    mail_workflow()
    key = client_key()
    body = orjson.dumps([{"content": mail.content} for mail in mails()[:3]])
    digest = request_digest("spam-mail", body, is_batch=True)
    later: set[UUID] = set()

    def submit(i: int) -> int:
        if i % 2:
            batch = accept_batch(
                slug="spam-mail", body=body, content_type="application/json", key=key,
                idempotency_key="k", now=NOW,
            )  # fmt: skip
            later.add(batch.id)
            take_in_batch(batch_id=batch.id, now=NOW)
            return 202
        items = [Submission(mail.content) for mail in mails()[:3]]
        results = submit_cases(Intake("spam-mail", items, key, NOW, "k", digest, is_batch=True))
        return max(result.status for result in results)

    answers = Counter(at_once(submit, 8))
    (batch_id,) = later
    take_in_batch(batch_id=batch_id, now=NOW)
    assert answers[202] == 4
    assert answers[200] + answers[201] == 4
    assert Case.objects.count() == Decision.objects.count() == 3
    batch = IntakeBatch.objects.get(pk=batch_id)
    assert (batch.status, batch.accepted, batch.rejected) == ("done", 3, 0)


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
