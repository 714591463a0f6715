"""Early signs open once, are confirmed, and close."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from cases.models import Workflow
from hitl.audit.models import Entry
from hitl.shared.actor import system
from monitoring.models import EarlySign
from monitoring.signs.open_now import open_signs
from monitoring.signs.raised import clear_sign, raise_sign
from monitoring.types import SignKind
from tests.support.factories import NOW
from tests.support.spam import mail_workflow

ACTOR = system("monitoring")


def drift(workflow: Workflow, *, minutes: int = 0, effect: float = 0.2) -> EarlySign:
    """Raise a sign of drift."""
    return raise_sign(
        workflow_id=workflow.id,
        kind=SignKind.SCORE_DRIFT,
        evidence={"largest_gap": effect},
        actor=ACTOR,
        now=NOW + timedelta(minutes=minutes),
    )


@pytest.mark.django_db
def test_a_sign_is_opened_once_and_confirmed_by_what_comes_later() -> None:
    workflow = mail_workflow()
    first, again = drift(workflow), drift(workflow, minutes=5, effect=0.4)
    assert first.pk == again.pk
    again.refresh_from_db()
    assert again.evidence == {"largest_gap": 0.4}
    assert (again.began_at, again.seen_at) == (NOW, NOW + timedelta(minutes=5))
    assert Entry.objects.filter(action="sign.raised").count() == 1


@pytest.mark.django_db
def test_a_closed_sign_stays_as_it_was_and_the_next_is_another() -> None:
    workflow = mail_workflow()
    first = drift(workflow)
    assert clear_sign(
        workflow_id=workflow.id, kind=SignKind.SCORE_DRIFT, actor=ACTOR, now=NOW + timedelta(hours=1)
    )
    assert not clear_sign(workflow_id=workflow.id, kind=SignKind.SCORE_DRIFT, actor=ACTOR, now=NOW)
    assert open_signs(workflow.id) == []
    second = drift(workflow, minutes=90)
    assert open_signs(workflow.id) == [second]
    assert second.pk != first.pk
    assert Entry.objects.filter(action="sign.cleared").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_open_one_sign() -> None:
    workflow = mail_workflow()

    def worker() -> None:
        drift(workflow)
        connection.close()

    threads = [Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert EarlySign.objects.count() == 1
