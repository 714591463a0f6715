"""The embedded PostgreSQL: who it runs as, what it survives, what it says when it cannot."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hitl.runtime import postgres as module
from hitl.runtime.errors import CannotStart
from hitl.runtime.postgres import Postgres
from hitl.runtime.privileges import NOBODY, Identity, _works, not_root
from hitl.runtime.processes import is_alive, wait_until

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def server(data: Path) -> Iterator[Postgres]:
    postgres = Postgres(data)
    try:
        yield postgres.start()
    finally:
        postgres.stop()


def execute(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    connection = server.connect(module.DATABASE)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def process_of(server: Postgres) -> psutil.Process:
    assert server.process is not None
    return psutil.Process(server.process.pid)


@needs_root
def test_root_starts_it_below_a_private_folder_without_changing_the_folder(
    server: Postgres, data: Path
) -> None:
    assert process_of(server).uids().effective != 0
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert data.stat().st_uid == 0
    assert execute(server, "SELECT 1") == [(1,)]


@needs_root
def test_root_that_may_not_drop_its_rights_uses_a_user_namespace(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_demotion(identity: Identity) -> bool:
        return not identity.demote and _works(identity)

    monkeypatch.setattr("hitl.runtime.privileges._works", without_demotion)
    not_root.cache_clear()
    try:
        try:
            identity = not_root()
        except CannotStart:
            pytest.skip("this system lets root open no user namespace")
        assert f"--map-user={NOBODY}" in identity.before
        server = Postgres(data)
        try:
            assert execute(server.start(), "SELECT 1") == [(1,)]
        finally:
            server.stop()
    finally:
        not_root.cache_clear()


def test_it_listens_on_the_loopback_interface_only(server: Postgres) -> None:
    listening = [c for c in process_of(server).net_connections("all") if c.status == psutil.CONN_LISTEN]
    assert [(c.laddr.ip, c.laddr.port) for c in listening] == [("127.0.0.1", server.port)]


def test_a_wrong_password_opens_nothing(server: Postgres) -> None:
    right, server.password = server.password, "wrong"
    try:
        with pytest.raises(module.psycopg2.OperationalError, match="password authentication failed"):
            server.connect()
    finally:
        server.password = right


def test_letters_beyond_ascii_have_a_case(server: Postgres) -> None:
    assert execute(server, "SELECT lower('ÄÉ'), 'Ä' ILIKE 'ä'") == [("äé", True)]


def test_a_killed_server_starts_again_with_every_committed_row(server: Postgres) -> None:
    execute(server, "CREATE TABLE t (n int)")
    for n in range(20):
        execute(server, f"INSERT INTO t VALUES ({n})")
    killed = process_of(server)
    killed.send_signal(signal.SIGKILL)
    # Nobody reaps it: its lock names a zombie, which PostgreSQL itself takes for a living server.
    assert wait_until(lambda: killed.status() == psutil.STATUS_ZOMBIE, seconds=10)
    assert (server.cluster / "postmaster.pid").exists()
    again = Postgres(server.data)
    try:
        assert execute(again.start(), "SELECT count(*), sum(n) FROM t") == [(20, 190)]
    finally:
        again.stop()


def test_a_lock_that_names_an_unrelated_process_does_not_stop_it(server: Postgres) -> None:
    server.stop()
    (server.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{server.cluster}\n")
    assert execute(server.start(), "SELECT 1") == [(1,)]


def test_an_interrupted_making_of_the_cluster_starts_over(data: Path) -> None:
    unfinished = data / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    server = Postgres(data)
    try:
        assert execute(server.start(), "SELECT 1") == [(1,)]
        assert not unfinished.exists()
    finally:
        server.stop()


def test_a_lost_password_file_is_named_and_the_server_does_not_stay(server: Postgres) -> None:
    server.stop()
    (server.data / "postgres.password").unlink()
    another = Postgres(server.data)
    with pytest.raises(CannotStart, match=r"postgres\.password is not the password of the cluster"):
        another.start()
    assert not is_alive(process_of(another)) if psutil.pid_exists(another.process.pid) else True


def test_files_of_another_version_are_named_in_the_message(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stop()
    (server.cluster / "PG_VERSION").write_text("12\n")
    monkeypatch.setattr(module, "RETRY_PAUSES_SECONDS", (0.0,))
    with pytest.raises(CannotStart, match="initialized by PostgreSQL version 12"):
        server.start()


def test_a_folder_without_binaries_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(CannotStart, match="Set DATABASE_URL"):
        module.find_binaries()


def test_the_password_is_for_its_owner_alone(server: Postgres) -> None:
    assert stat.S_IMODE((server.data / "postgres.password").stat().st_mode) == 0o600
    assert server.password not in " ".join(process_of(server).cmdline())
