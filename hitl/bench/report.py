"""Find a benchmark by its name, run it, show and keep what it measured."""

import json
import platform
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
from django.core.management.base import CommandError

import bench
from hitl.bench.options import Options
from hitl.bench.rows import Row
from hitl.bench.table import table

Benchmark = Callable[[bool], Iterable[Row]]
Say = Callable[[Row], None]


def names() -> dict[str, str]:
    """Return the benchmarks by name, each with the first line of what it says of itself."""
    found = {}
    for path in sorted(Path(bench.__path__[0]).glob("*.py")):
        module = import_module(f"bench.{path.stem}") if not path.stem.startswith("_") else None
        if module is not None and hasattr(module, "run"):
            found[path.stem] = (module.__doc__ or "").strip().splitlines()[0]
    return found


def needs_stage(name: str) -> bool:
    """Tell whether a benchmark needs a service of its own; pure computation says `NEEDS_STAGE = False`."""
    return bool(getattr(import_module(f"bench.{name}"), "NEEDS_STAGE", True))


def measure(name: str, options: Options, say: Say = lambda row: None) -> dict[str, Any]:
    """Run a benchmark that `names` names; return it as the JSON file has it.

    `say` is called with every row as soon as the benchmark gives it.

    Raises:
        CommandError: the benchmark does not take these options.
    """
    module = import_module(f"bench.{name}")
    if not hasattr(module, "run_with") and options != Options(quick=options.quick):
        raise CommandError(f"The benchmark {name} takes --quick and --json alone.")
    run: Benchmark = module.run
    started = time.monotonic()
    rows = []
    for row in module.run_with(options) if hasattr(module, "run_with") else run(options.quick):
        say(row)
        rows.append(row)
    return {
        "bench": name,
        "quick": options.quick,
        "seconds": round(time.monotonic() - started, 1),
        "machine": machine(),
        "rows": [row.as_json() for row in rows],
        "table": table(rows),
    }


def machine() -> dict[str, Any]:
    """Say what it was measured on."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load": [round(load, 2) for load in psutil.getloadavg()],
    }


def save(result: dict[str, Any], path: Path) -> None:
    """Write the JSON file, without the table."""
    body = {key: value for key, value in result.items() if key != "table"}
    path.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
