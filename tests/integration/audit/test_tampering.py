"""Whatever is done to what was recorded is refused by the database, or found by the check."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from hitl.audit.log import CHECKPOINT, HEAD, checkpoint, digest_of, record, signed_bytes
from hitl.audit.models import Checkpoint, Entry, Head
from hitl.audit.verify import verify
from hitl.outbox.models import Endpoint, Event
from hitl.shared.canonical import sign
from tests.support.factories import NOW, TESTER, person

pytestmark = pytest.mark.django_db
TABLES = ("audit_entry", "audit_checkpoint", "policy_decision")


@pytest.fixture
def log() -> list[Entry]:
    """Ten entries, a signed checkpoint after the sixth."""
    about, entries = person(), []
    for i in range(10):
        with transaction.atomic():
            noted = record(action="endpoint.enabled", actor=TESTER, now=NOW, about=about, detail={"i": i})
        entries.append(noted)
        if i == 5:
            assert checkpoint(now=NOW) is not None
            assert checkpoint(now=NOW) is None, "nothing new to sign"
    return entries


def as_superuser(*statements: str) -> None:
    """Change tables as somebody with all keys of the database could."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("does", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_remove_or_empty(log: list[Entry], table: str, does: str) -> None:
    column = {"audit_entry": "number", "audit_checkpoint": "number", "policy_decision": "reason"}[table]
    statement = does.format(table).replace("id = id", f"{column} = {column}")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert verify().holds


@pytest.mark.parametrize("statement", ["DELETE FROM audit_head", "TRUNCATE audit_head"])
def test_the_head_of_the_log_stays(log: list[Entry], statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit_entry SET detail = jsonb_set(detail, '{i}', '7') WHERE number = 2", 2),
        ("UPDATE audit_entry SET actor_name = 'sombody' WHERE number = 2", 2),
        ("UPDATE audit_entry SET about_id = '0' WHERE number = 10", 10),
        # Under another workflow it would be missing where that one's entries are asked for.
        ("UPDATE audit_entry SET workflow_id = gen_random_uuid() WHERE number = 2", 2),
        ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE number = 2", 2),
        ("DELETE FROM audit_entry WHERE number = 2", 2),
        ("DELETE FROM audit_entry WHERE number = 1", 1),
        ("DELETE FROM audit_entry WHERE number = 10", 10),
        ("DELETE FROM audit_entry WHERE number > 5", 6),
        ("TRUNCATE audit_entry CASCADE", 1),
        ("UPDATE audit_checkpoint SET digest = sha256('x')", 6),
        ("UPDATE audit_checkpoint SET signature = sha256('x')", 6),
        ("UPDATE audit_head SET number = 9", 10),
        ("UPDATE audit_head SET signature = sha256('x')", 10),
        ("DELETE FROM audit_head", 11),
    ],
)
def test_what_only_a_superuser_can_do_is_found(log: list[Entry], statement: str, broken_at: int) -> None:
    as_superuser(statement)
    verdict = verify()
    assert (verdict.holds, verdict.broken_at) == (False, broken_at), verdict.reason


@pytest.mark.parametrize(
    "tables", ["audit_entry", "audit_entry, audit_checkpoint", "audit_entry, audit_head"]
)
def test_an_emptied_log_is_broken_however_much_went_with_it(log: list[Entry], tables: str) -> None:
    as_superuser("TRUNCATE " + tables)
    assert not verify().holds
    as_superuser("TRUNCATE audit_entry, audit_checkpoint, audit_head")
    assert "empty" in verify().reason


def rewritten(*, signs: bool) -> None:
    """Write the whole chain anew, with one entry otherwise; with the service's secret, sign it as well."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    previous = bytes(32)
    for entry in Entry.objects.order_by("number"):
        entry.detail = {"i": "forged"} if entry.number == 3 else entry.detail
        entry.previous = previous
        entry.digest = previous = digest_of(entry)
        entry.save()
    if signs:
        for point in Checkpoint.objects.all():
            point.digest = Entry.objects.get(number=point.number).digest
            point.signature = sign(CHECKPOINT, signed_bytes(point.number, point.digest))
            point.save()
        Head.objects.update(digest=previous, signature=sign(HEAD, signed_bytes(10, previous)))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_chain_that_was_computed_anew_fails_what_was_signed(log: list[Entry]) -> None:
    rewritten(signs=False)
    assert (verify().broken_at, "checkpoint" in verify().reason) == (6, True)
    as_superuser("DELETE FROM audit_checkpoint")
    assert (verify().broken_at, "head" in verify().reason) == (10, True)


def test_with_the_secret_as_well_only_a_head_kept_elsewhere_finds_it(log: list[Entry]) -> None:
    kept = {10: bytes(log[-1].digest)}
    rewritten(signs=True)
    assert verify().holds
    assert verify(shipped=kept).broken_at == 10


def test_a_signature_of_one_kind_is_none_of_another(log: list[Entry]) -> None:
    sixth = log[5]
    said = signed_bytes(sixth.number, sixth.digest)
    as_superuser("DELETE FROM audit_entry WHERE number > 6")
    Head.objects.update(number=6, digest=sixth.digest, signature=sign(CHECKPOINT, said))
    assert verify().broken_at == 6


def test_each_signed_head_leaves_the_service_by_file_webhook_and_log(
    log: list[Entry], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "heads.jsonl"
    Endpoint.objects.create(name="vault", url="https://vault.example/", secrets=["x"], created_at=NOW)
    caplog.set_level("INFO")
    with override_settings(AUDIT_HEADS_FILE=str(file)):
        checkpoint(now=NOW)
    head = json.loads(file.read_text())
    assert (head["number"], bytes.fromhex(head["digest"])) == (10, bytes(log[-1].digest))
    assert Event.objects.get(kind="audit.checkpoint").payload == head
    (said,) = [line for line in caplog.records if line.message == "audit head"]
    assert vars(said)["digest"] == head["digest"]


def test_a_file_of_heads_that_cannot_be_written_stops_nothing(log: list[Entry], tmp_path: Path) -> None:
    with override_settings(AUDIT_HEADS_FILE=str(tmp_path / "no" / "folder")):
        assert checkpoint(now=NOW) is not None


def said_by(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


def _lines(path: Path, *heads: object) -> str:
    path.write_text("\n".join(map(json.dumps, heads)))
    return str(path)


def test_the_command_compares_with_heads_from_elsewhere(log: list[Entry], tmp_path: Path) -> None:
    sixth, tenth = (bytes(log[i].digest).hex() for i in (5, 9))
    heads = _lines(tmp_path / "heads", {"number": 6, "digest": sixth}, {"number": 10, "digest": tenth})
    said = said_by("--head", f"10:{tenth}", "--heads", heads)
    assert said.startswith("All 10 entries are unchanged; 1 signed checkpoints and 2 heads from elsewhere")
    with pytest.raises(CommandError, match="broken at entry 6: a head that was kept elsewhere"):
        said_by("--head", f"6:{tenth}")
    with pytest.raises(CommandError, match="entries are missing at the end: there were 11 or more"):
        said_by("--head", f"11:{tenth}")


@pytest.mark.parametrize(
    "arguments",
    [
        lambda folder: ("--head", "6"),
        lambda folder: ("--head", "6:zz"),
        lambda folder: ("--head", "0:" + "00" * 32),
        lambda folder: ("--head", "6:" + "00" * 32, "--head", "6:" + "11" * 32),
        lambda folder: ("--heads", str(folder / "nothing")),
        lambda folder: ("--heads", _lines(folder / "a", {"number": 6})),
        lambda folder: ("--heads", _lines(folder / "b", [6])),
    ],
)
def test_what_is_no_head_is_named(
    log: list[Entry], tmp_path: Path, arguments: Callable[[Path], tuple[str, ...]]
) -> None:
    with pytest.raises(CommandError):
        said_by(*arguments(tmp_path))
