"""What the environment says is honoured or refused, never dropped."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from hitl.settings import MIN_SECRET
from hitl.shared.deployment import database, flag, networks, number, whole_number


def test_what_libpq_knows_reaches_it() -> None:
    read: Any = database(
        "postgresql://us%40er:p%2Fw@db.example:6543/main?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=9"
    )
    assert (read["USER"], read["PASSWORD"], read["HOST"], read["PORT"], read["NAME"]) == (
        "us@er", "p/w", "db.example", "6543", "main",
    )  # fmt: skip
    assert read["OPTIONS"]["sslmode"] == "verify-full"
    assert read["OPTIONS"]["sslrootcert"] == "/ca.pem"
    assert read["OPTIONS"]["connect_timeout"] == "9"


def test_the_server_is_asked_to_notice_a_machine_that_is_gone_beside_what_the_address_asks_for() -> None:
    read: Any = database("postgresql://h/main?options=-c%20search_path%3Dx")
    assert "-c tcp_keepalives_idle=10" in read["OPTIONS"]["options"]
    assert read["OPTIONS"]["options"].endswith("-c search_path=x")


def test_a_socket_may_be_the_host() -> None:
    read: Any = database("postgresql://hitl@/hitl?host=/run/postgresql&port=5433")
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
        database(url)
    assert "DATABASE_URL" in str(refused.value)
    assert "secret-pw" not in str(refused.value)


def test_networks_that_are_none_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITL_TRUSTED_PROXIES", "10.0.0.0/8,proxy")
    with pytest.raises(ImproperlyConfigured, match="HITL_TRUSTED_PROXIES"):
        networks("HITL_TRUSTED_PROXIES")


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


@pytest.mark.parametrize("said", ["ture", "enabled", "2"])
def test_a_flag_that_is_misspelt_is_refused_and_not_off(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("HITL_HTTPS", said)
    with pytest.raises(ImproperlyConfigured, match="HITL_HTTPS"):
        flag("HITL_HTTPS")


@pytest.mark.parametrize("said", ["two", "0", "-1", "1.5", "nan", "inf", "1e999"])
def test_what_is_no_whole_number_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("HITL_WEB_WORKERS", said)
    with pytest.raises(ImproperlyConfigured, match="HITL_WEB_WORKERS"):
        whole_number("HITL_WEB_WORKERS", 2, least=1)


def test_what_is_said_is_read_and_what_is_not_is_the_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITL_MEDIA_QUOTA_GB", " 0.5 ")
    monkeypatch.setenv("HITL_BEHIND_PROXY", "Yes")
    assert number("HITL_MEDIA_QUOTA_GB", 50, least=0) == 0.5
    assert flag("HITL_BEHIND_PROXY")
    assert not flag("HITL_NOT_SET")
    assert whole_number("HITL_NOT_SET", 7, least=1) == 7
