"""What the project is installed from, and what it is deployed with."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hitl.runtime.front import front
from hitl.runtime.front_config import COMPOSE
from hitl.runtime.ports import ReservedPort, free_port
from hitl.schedule import QUEUES
from tests.support.nginx import nginx_or_skip

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = [
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-s3.txt",
    "requirements-uv.txt",
    "requirements-vectors.txt",
]
PLATFORMS = [
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
]
SECRETS = {"HITL_SECRET_KEY", "POSTGRES_PASSWORD", "SERVICE_PASSWORD", "BROKER_PASSWORD"}


def entries(lock: str) -> dict[str, str]:
    """Each requirement with its lines."""
    text = (ROOT / lock).read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", "\n" + re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    return {re.split(r"[=\[ ]", block.strip())[0]: block for block in blocks if block.strip()}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_version_and_hashes(lock: str) -> None:
    found = entries(lock)
    assert found
    for name, block in found.items():
        assert re.search(r"^\S+==\S+", block), name
        assert "--hash=sha256:" in block, name


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_index(lock: str) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (ROOT / lock).read_text())


def test_the_two_locks_agree_on_every_version() -> None:
    def version(block: str) -> str:
        return block.split("==")[1].split(maxsplit=1)[0]

    runtime, dev = entries("requirements.txt"), entries("requirements-dev.txt")
    assert {n: version(b) for n, b in runtime.items()} == {n: version(dev[n]) for n in runtime}


def test_every_package_asked_for_is_locked() -> None:
    for lock in (
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-s3.txt",
        "requirements-vectors.txt",
    ):
        source = lock.replace(".txt", ".in")
        asked = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", (ROOT / source).read_text(), flags=re.MULTILINE)
        assert not [name for name in asked if name.lower() not in entries(lock)]


def test_psycopg_3_is_nowhere_since_django_would_silently_prefer_it() -> None:
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    assert not is_psycopg3
    assert importlib.util.find_spec("psycopg") is None
    for lock in LOCKS:
        assert not {"psycopg", "psycopg-binary", "psycopg-c"} & set(entries(lock))


@pytest.mark.network
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_lock_resolves_to_wheels_on(platform: str, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", str(ROOT / "requirements.txt")]
    command += ["--python-platform", platform, "--python-version", "3.11", "--only-binary", ":all:"]
    command += ["--system-certs", "--quiet", "--no-header", "--output-file", str(tmp_path / "resolved.txt")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if result.returncode and "Failed to fetch" in result.stderr and os.environ.get("CI") != "true":
        pytest.skip("no package index can be reached: the wheels of other platforms were not looked up")
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert isinstance(document, dict)
    return document


def test_the_compose_file_holds_the_whole_service(compose: dict[str, Any]) -> None:
    workers = {f"worker-{queue}" for queue in QUEUES}
    assert set(compose["services"]) == {"migrate", "front", "web", *workers, "beat", "postgres", "broker"}
    assert set(compose) == {"services", "volumes", "networks", "x-service"}


def test_every_queue_has_a_worker_of_its_own(compose: dict[str, Any]) -> None:
    for queue in QUEUES:
        command = compose["services"][f"worker-{queue}"]["command"]
        assert command[command.index("--queues") + 1] == queue


def test_the_front_of_compose_is_the_one_of_the_local_mode() -> None:
    assert (ROOT / "deploy" / "nginx.conf").read_text() == COMPOSE.text()


def test_nginx_accepts_the_configuration(tmp_path: Path) -> None:
    nginx = nginx_or_skip()
    port = free_port()
    program = front(tmp_path, nginx=nginx, at=ReservedPort(port, None), services=[port], probes=[port])
    result = subprocess.run([*program.command, "-t"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_who_waits_for_a_health_check_waits_for_one_that_exists(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for other, rule in service.get("depends_on", {}).items():
            if rule["condition"] == "service_healthy":
                assert "test" in services[other].get("healthcheck", {}) or other == "web"  # of the image
            else:
                assert rule["condition"] == "service_completed_successfully"
                assert services[other]["restart"] == "no"
    assert set(services["web"]["depends_on"]) == {"postgres", "broker", "migrate"}
    assert set(services["migrate"]["depends_on"]) == {"postgres", "broker"}


def test_every_volume_that_is_used_is_declared(compose: dict[str, Any]) -> None:
    used = {v.split(":")[0].split("/")[0] for s in compose["services"].values() for v in s.get("volumes", [])}
    assert used == {*compose["volumes"], "."}


def test_no_secret_has_a_default_and_a_missing_one_stops_the_start_with_its_name() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in SECRETS:
        uses = re.findall(r"\$\{" + name + r"([^}]*)\}", text)
        assert uses
        assert all(use.startswith(f":?Set {name}") for use in uses)


def test_only_the_front_is_reachable_and_by_default_from_this_machine_alone(compose: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert ports == {"front": ["${HITL_BIND:-127.0.0.1:8000}:8000"]}


def test_our_containers_run_without_rights_on_a_read_only_image(compose: dict[str, Any]) -> None:
    for name in ("migrate", "front", "web", "beat", *(f"worker-{queue}" for queue in QUEUES)):
        service = compose["services"][name]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    assert "\nUSER hitl\n" in stages[-1]
    assert not re.search(r"^(RUN|COPY).*", stages[-1].split("\nUSER hitl\n")[1], flags=re.MULTILINE)


def test_the_image_installs_by_hash_only() -> None:
    text = (ROOT / "Dockerfile").read_text()
    installs = re.findall(r"pip (?:install|sync)[^&]*", text)
    assert installs
    assert all("--require-hashes" in install for install in installs)


def test_docker_accepts_the_compose_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("no `docker compose` here: Docker itself did not check the file")
    environment = dict.fromkeys(SECRETS, "0") | {"HITL_ALLOWED_HOSTS": "localhost", "PATH": "/usr/bin:/bin"}
    command = [docker, "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    complete = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert complete.returncode == 0, complete.stderr
    environment.pop("POSTGRES_PASSWORD")
    incomplete = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "Set POSTGRES_PASSWORD" in incomplete.stderr
