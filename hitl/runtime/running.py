"""What runs on a data directory: written by its owner, read by those that join or are refused."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import psutil

from hitl.runtime.private_files import write_private
from hitl.runtime.processes import is_alive


@dataclass(frozen=True)
class Running:
    """The owner of a data directory and where its parts listen (None: not embedded, or not yet up).

    `is_prepared`: its database has all tables, so that others may join.
    """

    pid: int
    command: str
    postgres_port: int | None = None
    valkey_port: int | None = None
    address: str | None = None
    is_prepared: bool = True

    @classmethod
    def read(cls, data: Path) -> "Running | None":
        """The living owner, or None."""
        try:
            facts = json.loads((data / "running.json").read_text())
            running = cls(**{field.name: facts.get(field.name) for field in fields(cls)})
            return running if is_alive(psutil.Process(running.pid)) else None
        except (FileNotFoundError, ValueError, TypeError, AttributeError, psutil.Error):
            return None

    def write(self, data: Path) -> None:
        """Tell the others."""
        write_private(data / "running.json", json.dumps(asdict(self)))

    @staticmethod
    def forget(data: Path) -> None:
        """Nothing runs any more."""
        (data / "running.json").unlink(missing_ok=True)

    def __str__(self) -> str:
        where = f" at {self.address}" if self.address else ""
        return f"`{self.command}` is already running{where} (process {self.pid})"
