"""A database and a broker whose data nobody will miss: for tests and benchmarks."""

from pathlib import Path

from hitl.runtime.postgres import FOR_TESTS, Postgres
from hitl.runtime.valkey import Valkey


def start_throwaway(folder: Path) -> tuple[dict[str, str], list[Postgres | Valkey]]:
    """Start both in an empty folder: the environment that points to them, and what to `stop()`."""
    valkey = Valkey(folder, durable=False).start()
    try:
        postgres = Postgres(folder, settings=FOR_TESTS).start()
    except BaseException:
        valkey.stop()
        raise
    environment = {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "HITL_DATA_DIR": str(folder)}
    return environment, [valkey, postgres]
