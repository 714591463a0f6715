"""The database and the broker of a command: given by the environment, joined, or started for its life.

DATABASE_URL and REDIS_URL say where they are. What is not said is embedded in the data directory, which has
one owner at a time. A second command joins the owner's servers; the owner of a short command lets those who
joined finish first.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from hitl.runtime.errors import CannotStart
from hitl.runtime.locks import FileLock, held
from hitl.runtime.paths import data_directory
from hitl.runtime.ports import LOOPBACK
from hitl.runtime.postgres import OWNER_PASSWORD, ROLE, SERVICE_PASSWORD, SERVICE_ROLE, Postgres, url_of
from hitl.runtime.private_files import kept_secret
from hitl.runtime.processes import end_leftovers
from hitl.runtime.running import Running
from hitl.runtime.valkey import Valkey

JOIN_SECONDS = 120


@dataclass
class Owned:
    """A data directory that this process owns, with the servers it started there."""

    data: Path
    running: Running
    postgres: Postgres | None = None
    valkey: Valkey | None = None

    @property
    def servers(self) -> list[Postgres | Valkey]:
        """The embedded servers, in the order they start."""
        return [server for server in (self.postgres, self.valkey) if server]

    def announce(self, **facts: object) -> None:
        """Change what others read about us."""
        self.running = replace(self.running, **facts)  # type: ignore[arg-type]
        self.running.write(self.data)


owned: Owned | None = None
"""Set while this process owns its data directory; `serve` watches over its servers."""


def is_local() -> bool:
    """Does anything have to be embedded?"""
    return not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


@contextmanager
def services(command: str, *, serving: bool) -> Iterator[None]:
    """Have DATABASE_URL, REDIS_URL and HITL_SECRET_KEY set, and the servers up, inside the block.

    A serving command (`up`, `demo`) must own the directory even when nothing is embedded: one at a time. Who
    joins one waits until its database is prepared, however long that takes.

    Raises:
        CannotStart: another serving command runs here, or a server cannot be had.
    """
    if not is_local() and not serving:
        yield
        return
    data = data_directory()
    os.environ["HITL_DATA_DIR"] = str(data)
    if is_local() and not os.environ.get("HITL_SECRET_KEY"):
        os.environ["HITL_SECRET_KEY"] = kept_secret(data / "secret_key", bytes_of_entropy=48)
    owner, joined = FileLock(data / "owner.lock"), FileLock(data / "joined.lock")
    end, has_said = time.monotonic() + JOIN_SECONDS, False
    while True:
        if owner.acquire():
            try:
                with _owning(data, command, serving=serving):
                    yield
            finally:
                owner.release()
            return
        if serving:
            raise CannotStart(
                f"{Running.read(data) or f'Another command uses {data}'}. Stop it first (Ctrl-C there)."
            )
        joined.acquire(shared=True, wait=True)
        try:
            running = Running.read(data)
            if running and running.is_prepared:
                _join(data, running)
                yield
                return
        finally:
            joined.release()
        if running:
            end = time.monotonic() + JOIN_SECONDS
            if not has_said:
                print(f"Waiting until `{running.command}` has prepared the database.", file=sys.stderr)
                has_said = True
        elif time.monotonic() > end:
            raise CannotStart(f"Another command holds {data} and does not get ready. See {data / 'log'}.")
        time.sleep(0.05)


@contextmanager
def _owning(data: Path, command: str, *, serving: bool) -> Iterator[None]:
    global owned
    end_leftovers(data)
    owned = Owned(data, Running(pid=os.getpid(), command=command, is_prepared=not serving))
    try:
        if not os.environ.get("DATABASE_URL"):
            owned.postgres = Postgres(data)
            os.environ["DATABASE_URL"] = owned.postgres.start().service_url
            os.environ["HITL_OWNER_DATABASE_URL"] = owned.postgres.url
        if not os.environ.get("REDIS_URL"):
            owned.valkey = Valkey(data)
            os.environ["REDIS_URL"] = owned.valkey.start().url
        owned.announce(
            postgres_port=owned.postgres and owned.postgres.port,
            valkey_port=owned.valkey and owned.valkey.port,
        )
        yield
    finally:
        if serving:
            _close(owned)
        else:
            with held(data / "joined.lock"):
                _close(owned)
        owned = None


def _close(ours: Owned) -> None:
    Running.forget(ours.data)
    for server in reversed(ours.servers):
        server.stop()


def _join(data: Path, running: Running) -> None:
    def secret(name: str) -> str:
        return (data / name).read_text().strip()

    def port_of(variable: str, port: int | None) -> int:
        if port is None:
            raise CannotStart(
                f"{running} with a {variable} of its own. Set the same {variable} for this command."
            )
        return port

    if running.address:
        os.environ["HITL_ADDRESS"] = running.address
    if not os.environ.get("DATABASE_URL"):
        port = port_of("DATABASE_URL", running.postgres_port)
        os.environ["DATABASE_URL"] = url_of(SERVICE_ROLE, secret(SERVICE_PASSWORD), port)
        os.environ["HITL_OWNER_DATABASE_URL"] = url_of(ROLE, secret(OWNER_PASSWORD), port)
    if not os.environ.get("REDIS_URL"):
        port = port_of("REDIS_URL", running.valkey_port)
        os.environ["REDIS_URL"] = f"redis://:{quote(secret('valkey.password'))}@{LOOPBACK}:{port}/0"
