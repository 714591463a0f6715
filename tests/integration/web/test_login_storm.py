"""A storm of guesses takes one web process a part of its time, never two: passwords take turns."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.test import Client

from hitl.accounts import hashing
from hitl.accounts.hashing import OneAtATime, SignInBusy, rest, turn
from hitl.web.models import LoginAttempt
from tests.support.factories import person

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quiet_machine(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(OneAtATime, "iterations", 1)


@contextmanager
def another_thread_hashes() -> Iterator[None]:
    begun, over = Event(), Event()

    def hold() -> None:
        with turn():
            begun.set()
            over.wait()

    thread = Thread(target=hold)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def another_process_hashes(folder: Path) -> Iterator[None]:
    rest(-60)  # makes the file
    code = (
        "import fcntl, sys; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(folder / "sign-in.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            process.communicate()


def test_a_second_password_is_refused_while_one_is_looked_at() -> None:
    with another_thread_hashes(), pytest.raises(SignInBusy) as refused:
        OneAtATime().encode("a", "salt")
    assert refused.value.facts["headers"] == {"Retry-After": "3"}
    OneAtATime().encode("a", "salt")


def test_so_it_is_by_another_process(tmp_path: Path) -> None:
    with another_process_hashes(tmp_path), pytest.raises(SignInBusy):
        OneAtATime().encode("a", "salt")
    OneAtATime().encode("a", "salt")  # what its end gave up


def test_in_a_calm_hour_the_second_waits_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 60.0)
    made = Event()

    def sign_in() -> None:
        OneAtATime().encode("a", "salt")
        made.set()

    with another_thread_hashes():
        second = Thread(target=sign_in)
        second.start()
        assert not made.wait(0.05)
    second.join()
    assert made.is_set()


def test_after_a_wrong_password_the_place_rests_and_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 60.0)
    now = time.time()
    monkeypatch.setattr(hashing.time, "time", lambda: now)
    rest(0.4)
    with pytest.raises(SignInBusy):
        OneAtATime().encode("a", "salt")
    now += 1.3  # three times .4 s, and a little
    OneAtATime().encode("a", "salt")
    began = time.monotonic()
    with another_thread_hashes(), pytest.raises(SignInBusy):
        OneAtATime().encode("a", "salt")
    assert time.monotonic() - began < 30


def test_a_clock_that_was_set_back_locks_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(hashing.time, "time", lambda: now)
    rest(0.4)
    now -= 3600
    OneAtATime().encode("a", "salt")


@pytest.mark.django_db
def test_who_comes_in_a_storm_is_told_when_to_try_again_and_nothing_is_counted(
    client: Client, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = ["hitl.accounts.hashing.OneAtATime"]
    person(username="ada", password=PASSWORD)
    with another_thread_hashes():
        answer = client.post("/login/", {"username": "ada", "password": PASSWORD})
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")
    assert "Try again in a few seconds" in answer.content.decode()
    assert not LoginAttempt.objects.exists()
    assert client.post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 302


@pytest.mark.django_db
def test_a_wrong_password_makes_the_next_wait(client: Client, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["hitl.accounts.hashing.OneAtATime"]
    person(username="ada", password=PASSWORD)
    assert client.post("/login/", {"username": "ada", "password": "wrong"}).status_code == 200
    until = (settings.DATA_DIR / "sign-in.lock").stat().st_mtime
    assert until > time.time() - 60, "the place rests, or has just done so"
