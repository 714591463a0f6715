"""The embedded broker: closed to strangers, and keeping what it was given."""

import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from hitl.runtime import valkey as module
from hitl.runtime.errors import CannotStart
from hitl.runtime.ports import LOOPBACK
from hitl.runtime.processes import stop
from hitl.runtime.valkey import Valkey


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path)
    try:
        yield valkey.start()
    finally:
        valkey.stop()


def test_without_the_password_it_answers_nothing(broker: Valkey) -> None:
    stranger = redis.Redis(LOOPBACK, broker.port, retry=None)
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.get("anything")


def test_it_listens_on_the_loopback_interface_only(broker: Valkey) -> None:
    process = psutil.Process(broker.process.pid)
    listening = [c for c in process.net_connections("all") if c.status == psutil.CONN_LISTEN]
    assert [(c.laddr.ip, c.laddr.port) for c in listening] == [(LOOPBACK, broker.port)]


def test_the_password_is_neither_on_the_command_line_nor_readable_by_others(broker: Valkey) -> None:
    assert broker.password not in " ".join(psutil.Process(broker.process.pid).cmdline())
    for file in (broker.home / "valkey.conf", broker.data / "valkey.password"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_written_to_its_log_survives_a_kill(broker: Valkey) -> None:
    with redis.Redis.from_url(broker.url) as client:
        client.rpush("celery", *range(100))
        assert client.execute_command("WAITAOF", 1, 0, 10_000)[0] == 1
    broker.process.send_signal(signal.SIGKILL)
    stop(broker.process)
    broker.start()
    with redis.Redis.from_url(broker.url) as client:
        assert client.llen("celery") == 100


def test_a_missing_server_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VALKEY_BIN", str(tmp_path / "nothing"))
    with pytest.raises(CannotStart, match="Set REDIS_URL"):
        module.find_server()
