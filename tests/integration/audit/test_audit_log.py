"""The audit log: appended in order, refused to change, and a changed byte shows."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from hitl.accounts.models import User
from hitl.audit.log import checkpoint, record, verify
from hitl.audit.models import Checkpoint, Entry
from tests.support.factories import NOW, TESTER, person


def note(about: User, **detail: object) -> Entry:
    """Record something about a person."""
    with transaction.atomic():
        return record(action="person.noted", actor=TESTER, now=NOW, about=about, detail=detail)


def tamper(sql: str) -> None:
    """Change the table as somebody with the keys of the database could."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER ALL")


@pytest.mark.django_db
def test_an_untouched_chain_holds() -> None:
    about = person()
    for i in range(5):
        note(about, i=i, text="ünïcode \u2028 😀", share=0.1, none=-0.0, pair=(1, -0.0))
    verdict = verify()
    assert verdict.holds
    assert verdict.entries == Entry.objects.count() >= 5


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_or_remove_an_entry(sql: str) -> None:
    note(person())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET detail = jsonb_set(detail, '{i}', '7') WHERE number = 2",
        "UPDATE audit_entry SET actor_name = 'sombody' WHERE number = 2",
        "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE number = 2",
        "DELETE FROM audit_entry WHERE number = 2",
    ],
)
def test_a_changed_or_missing_entry_is_found(sql: str) -> None:
    about = person()
    for i in range(4):
        note(about, i=i)
    tamper(sql)
    assert verify().broken_at == 2


@pytest.mark.django_db
def test_a_chain_that_was_computed_anew_fails_its_signed_checkpoint() -> None:
    about = person()
    for i in range(3):
        note(about, i=i)
    assert checkpoint(now=NOW) is not None
    assert checkpoint(now=NOW) is None  # nothing new to sign
    last = Entry.objects.order_by("-number").first()
    assert last is not None
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
    from hitl.audit.log import _digest

    last.detail = {"i": "forged"}
    last.digest = _digest(last)
    last.save()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER ALL")
    verdict = verify()
    assert verdict.broken_at == last.number
    assert "checkpoint" in verdict.reason
    assert Checkpoint.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_a_programming_mistake() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record(action="x", actor=TESTER, now=NOW, about=person(), detail={})
    assert not Entry.objects.filter(action="x").exists()


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
    assert sorted(Entry.objects.filter(action="person.noted").values_list("detail__i", flat=True)) == list(
        range(40)
    )
    assert verify().holds
