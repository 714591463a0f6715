"""Everything a training depends on. The same manifest gives the same bytes on one platform."""

import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings

from hitl.shared.canonical import canonical_json, sha256
from models_store import reports
from science.pipelines.extras import packages_of

_PACKAGES = ("numpy", "scikit-learn", "scipy")
_NOT_OF_THE_MODEL = ("fit_seconds",)  # they differ from one run to the next


def manifest(
    *,
    data_sha256: str,
    n_labels: int,
    n_held_out: int,
    schema: str,
    seed: int,
    budget_seconds: float,
    report: dict[str, Any],
) -> dict[str, Any]:
    """Return the manifest of a trained model: its inputs, and the measures they gave."""
    inputs = {
        "data_sha256": data_sha256,
        "n_labels": n_labels,
        "n_held_out": n_held_out,
        "schema": schema,
        "seed": seed,
        "budget_seconds": budget_seconds,
        "unread": report["unread"],
        "vectors": report.get("vectors"),
        "code_sha256": code_sha256(),
        "lock_sha256": lock_sha256(),
        "packages": {name: version(name) for name in (*_PACKAGES, *packages_of(report["extras"]))},
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }
    chosen = reports.chosen(report)
    measures = {name: value for name, value in chosen.items() if name not in _NOT_OF_THE_MODEL}
    return {**inputs, "sha256": sha256(canonical_json(inputs)).hex(), "measures": measures}


@cache
def code_sha256() -> str:
    """Hash of the code that trains: every file of `science`, whether there is a repository or not."""
    files = sorted((settings.BASE_DIR / "science").rglob("*.py"))
    parts = [f"{file.relative_to(settings.BASE_DIR).as_posix()} {_hash(file)}" for file in files]
    return sha256("\n".join(parts).encode()).hex()


@cache
def lock_sha256() -> str:
    """Hash of the lock file; empty where the service was installed without it."""
    lock = settings.BASE_DIR / "requirements.txt"
    return _hash(lock) if lock.exists() else ""


def _hash(file: Path) -> str:
    return sha256(file.read_bytes()).hex()
