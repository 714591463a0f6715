"""`manage.py up` as a person runs it: ready, single, watched, and gone when it is told to go."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest

from hitl import __version__
from hitl.runtime.paths import MANAGE
from hitl.runtime.processes import is_alive, wait_until
from tests.support.up import Up, running_up


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    with running_up(tmp_path / "data") as running:
        yield running


def status_of(address: str, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_life_of_the_whole_service(up: Up) -> None:
    assert up.wait_for(r"^hitl (\S+)$") == __version__
    assert up.wait_for(r"administrator `admin` with password (\S+)")
    address = up.wait_for(r"Ready at (http://127\.0\.0\.1:\d+)")
    assert status_of(address, "/health/live") == 200

    # A second one is refused, and says where the first is.
    second = Up(up.data)
    with second.process:
        said = second.end()
    assert second.process.returncode == 1
    assert f"`up` is already running at {address} (process {up.process.pid})" in said

    # The web server, killed, comes back at the same address.
    web = next(p for p in up.family() if "granian" in " ".join(p.cmdline()) and p.ppid() == up.process.pid)
    web.kill()
    up.wait_for(r"(web-\d) ended \(SIGKILL\)")
    assert wait_until(lambda: _answers(address), seconds=60, every=0.2)

    # Told to stop, it leaves nothing.
    family = up.family()
    up.process.send_signal(signal.SIGTERM)
    said = up.end()
    assert "Stopped." in said
    assert "starting it again" not in said
    assert up.process.returncode == 0
    assert not any(map(is_alive, family))
    assert not (up.data / "running.json").exists()
    assert not (up.data / "postgres" / "postmaster.pid").exists()


@pytest.mark.long  # while they start is harder
def test_killed_it_leaves_no_process(up: Up) -> None:
    up.wait_for(r"Ready at (\S+)")
    family = up.family()
    assert len(family) >= 6
    up.process.kill()
    assert wait_until(lambda: not any(map(is_alive, family)), seconds=30), living(family)


def living(family: list[psutil.Process]) -> list[list[str]]:
    """Return the command lines of those that are still there."""
    return [command_of(process) for process in family if is_alive(process)]


def command_of(process: psutil.Process) -> list[str]:
    """Return its command line; none if it has ended since it was listed."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def test_killed_while_its_programs_start_it_leaves_no_process(up: Up) -> None:
    up.wait_for(r"(Preparing)")

    def family_with_clock() -> list[psutil.Process]:
        family = up.family()
        return family if any("beat" in command_of(p) for p in family) else []

    assert wait_until(lambda: bool(family_with_clock()), seconds=240, every=0.1)
    family = family_with_clock()
    time.sleep(1.5)  # the clock reads its schedule about now: a SIGTERM would meet it there
    up.process.kill()
    assert wait_until(lambda: not any(map(is_alive, family)), seconds=30), living(family)


def test_a_database_and_a_broker_killed_under_load_come_back_with_every_answered_case(tmp_path: Path) -> None:
    history = tmp_path / "loans.csv"
    history.write_text("amount,label\n" + "".join(f"{n},{'paid' if n % 3 else 'lost'}\n" for n in range(30)))
    service = Up(tmp_path / "data", "--from", str(history))
    with service.process:
        try:
            address = service.wait_for(r"Ready at (http://127\.0\.0\.1:\d+)")
            key = service.wait_for(r"Bearer (hitl_[\w-]+)")
            answered: dict[str, str] = {}
            doubtful: set[str] = set()

            def submit(count: int) -> None:
                for _ in range(count):
                    reference = f"case-{len(answered) + len(doubtful)}"
                    try:
                        status, said = ask(address, key, {"content": {"amount": 5}, "reference": reference})
                    except OSError:
                        doubtful.add(reference)
                        continue
                    if status == 201:
                        answered[reference] = said["id"]
                    else:
                        assert status in (500, 503), said
                        doubtful.add(reference)

            for victim in ("postgres", "valkey-server"):
                submit(20)
                servers = [p for p in service.family() if p.name() == victim]
                assert servers
                for process in servers:
                    process.kill()
                submit(5)
                assert wait_until(lambda: status_of(address, "/health/ready") == 200, seconds=60, every=0.2)
                submit(20)
            assert len(answered) >= 80
            listed, following = {}, ""
            while following is not None:
                page = ask(address, key, None, f"?limit=200{following and '&cursor=' + following}")[1]
                found = {item["reference"]: item for item in page["items"] if item["reference"]}
                assert not found.keys() & listed.keys()
                listed |= found
                following = page["next"]
        finally:
            service.process.send_signal(signal.SIGTERM)
            service.end()
    ours = {name: item for name, item in listed.items() if name.startswith("case-")}
    assert {name: ours[name]["id"] for name in answered} == answered, "no answered case is lost"
    assert ours.keys() <= answered.keys() | doubtful
    assert all(item["decision"]["reason"] == "human_only" for item in ours.values()), (
        "none without its decision"
    )


def ask(address: str, key: str, case: object, query: str = "") -> tuple[int, Any]:
    """Submit a case, or read the list."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        method, body = ("GET", None) if case is None else ("POST", json.dumps(case))
        connection.request(method, f"/api/v1/workflows/loans/cases{query}", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def _answers(address: str) -> bool:
    try:
        return status_of(address, "/health/live") == 200
    except OSError:
        return False


@pytest.mark.parametrize("words", [["version"], ["help"], ["migrate", "--help"]])
def test_a_command_that_needs_no_service_starts_none(tmp_path: Path, words: list[str]) -> None:
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "HITL_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, str(MANAGE), *words]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert result.stdout
    assert not (tmp_path / "data").exists()


@pytest.fixture
def without_tables() -> Iterator[str]:
    """The address of a new database, on the server of this run."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"hitl_bare_{os.getpid()}"
    connection = psycopg2.connect(f"{server}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


def test_on_a_database_without_tables_a_command_says_what_to_do(tmp_path: Path, without_tables: str) -> None:
    history = tmp_path / "loans.csv"
    history.write_text("amount,label\n1,paid\n2,lost\n")
    result = subprocess.run(
        [sys.executable, str(MANAGE), "import_cases", "loans", str(history), "--create"],
        env={**os.environ, "DATABASE_URL": without_tables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 1
    assert re.fullmatch(
        r"\d+ migrations are not applied to this database. Run `python3 manage.py migrate` first.\n",
        result.stderr,
    )
