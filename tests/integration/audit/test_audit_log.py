"""The audit log: appended in order, refused to change, and a changed byte shows."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from hitl.accounts.models import User
from hitl.audit.log import record
from hitl.audit.models import Entry
from hitl.audit.verify import verify
from tests.support.factories import NOW, TESTER, person


def note(about: User, **detail: object) -> Entry:
    """Record something about a person."""
    with transaction.atomic():
        return record(action="endpoint.enabled", actor=TESTER, now=NOW, about=about, detail=detail)


@pytest.mark.django_db
def test_an_untouched_chain_holds() -> None:
    about = person()
    for i in range(5):
        note(about, i=i, text="ünïcode \u2028 😀", share=0.1, none=-0.0, pair=(1, -0.0))
    verdict = verify()
    assert verdict.holds
    assert verdict.entries == Entry.objects.count() >= 5


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_a_programming_mistake() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record(action="endpoint.enabled", actor=TESTER, now=NOW, about=person(), detail={})
    assert not Entry.objects.filter(action="endpoint.enabled").exists()


@pytest.mark.django_db(transaction=True)
def test_many_writers_make_one_chain() -> None:
    about = person()

    def write(i: int) -> None:
        try:
            note(about, i=i)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert sorted(
        Entry.objects.filter(action="endpoint.enabled").values_list("detail__i", flat=True)
    ) == list(range(40))
    assert verify().holds
