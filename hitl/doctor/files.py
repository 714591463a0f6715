"""Look at the files: room on the disk, folders that can be written, models that can be read, pages' files."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from hitl.doctor.findings import Finding, fine, look, wrong
from models_store.serving import champions, troubles

MIN_BYTES = 1 << 30
MIN_SHARE = 0.05


def disk() -> Iterator[Finding]:
    """Look at the data directory."""
    data = Path(settings.DATA_DIR)
    try:
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as error:
        yield wrong("files", f"{data} cannot be written: {error.strerror}.", "Give it to the service's user.")
        return
    total, _, free = shutil.disk_usage(data)
    words = f"{free / 1e9:,.1f} GB of {total / 1e9:,.0f} GB are free where {data} is"
    fix = "Make room: pictures, recordings and models are kept there."
    if free < MIN_BYTES:
        yield wrong("files", f"{words}.", fix)
    elif free < MIN_SHARE * total:
        yield look("files", f"{words}.", fix)
    else:
        yield fine("files", words)
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        yield wrong("files", "the pages' files are not collected.", "Run `python3 manage.py collectstatic`.")


def models() -> Iterator[Finding]:
    """Look whether every model in service can be used."""
    found = troubles()
    for trouble in found:
        yield wrong(
            "models",
            f"{trouble.words} Its cases go to people.",
            "Bring the data directory back from the backup, or roll back to another model.",
        )
    if not found:
        number = champions().count()
        yield fine("models", f"{number} in service can be read" if number else "none in service yet")
