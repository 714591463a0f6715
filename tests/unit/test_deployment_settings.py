"""What the environment says is honoured or refused, never dropped."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from hitl.settings import MIN_SECRET, _database, _networks


def test_what_libpq_knows_reaches_it() -> None:
    read: Any = _database(
        "postgresql://us%40er:p%2Fw@db.example:6543/main?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=9"
    )
    assert (read["USER"], read["PASSWORD"], read["HOST"], read["PORT"], read["NAME"]) == (
        "us@er", "p/w", "db.example", "6543", "main",
    )  # fmt: skip
    assert read["OPTIONS"]["sslmode"] == "verify-full"
    assert read["OPTIONS"]["sslrootcert"] == "/ca.pem"
    assert read["OPTIONS"]["connect_timeout"] == "9"


def test_the_server_is_asked_to_notice_a_machine_that_is_gone_beside_what_the_address_asks_for() -> None:
    read: Any = _database("postgresql://h/main?options=-c%20search_path%3Dx")
    assert "-c tcp_keepalives_idle=10" in read["OPTIONS"]["options"]
    assert read["OPTIONS"]["options"].endswith("-c search_path=x")


def test_a_socket_may_be_the_host() -> None:
    read: Any = _database("postgresql://hitl@/hitl?host=/run/postgresql&port=5433")
    assert (read["HOST"], read["PORT"]) == ("/run/postgresql", "5433")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a/b",
        "postgresql://a/b?sslmodus=verify-full",
        "postgresql://a",
        "postgresql://a:secret-pw@h:port/b?nonsense",
    ],
)
def test_what_it_does_not_know_is_refused_without_the_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        _database(url)
    assert "DATABASE_URL" in str(refused.value)
    assert "secret-pw" not in str(refused.value)


def test_networks_that_are_none_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITL_TRUSTED_PROXIES", "10.0.0.0/8,proxy")
    with pytest.raises(ImproperlyConfigured, match="HITL_TRUSTED_PROXIES"):
        _networks("HITL_TRUSTED_PROXIES")


@pytest.mark.parametrize(("length", "starts"), [(1, False), (MIN_SECRET - 1, False), (MIN_SECRET, True)])
def test_a_secret_that_can_be_guessed_is_refused(length: int, starts: bool) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "HITL_SECRET_KEY": "x" * length,
    }
    result = subprocess.run(
        [sys.executable, "-c", "import hitl.settings"], env=environment, capture_output=True, text=True
    )
    assert (result.returncode == 0) is starts
    assert starts or "HITL_SECRET_KEY" in result.stderr
