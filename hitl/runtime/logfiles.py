"""The logs of the local mode: one file per program in `<data>/log`, two generations."""

from pathlib import Path

ROTATE_ABOVE_BYTES = 20 * 1024 * 1024


def rotate(log: Path) -> None:
    """Put a log that has grown large aside; asked before its program starts."""
    if log.exists() and log.stat().st_size > ROTATE_ABOVE_BYTES:
        log.replace(log.with_suffix(".old.log"))


def tail(log: Path, *, lines: int = 12) -> str:
    """The last lines of a log, for an error message."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 64 * 1024))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(nothing was logged)"
