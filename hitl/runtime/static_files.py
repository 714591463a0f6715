"""Collect the static files, and compile the catalogues, when they have changed since the last time."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from hitl.languages.rooms import all_catalogues


def collect_if_changed() -> bool:
    """Run `collectstatic` unless path, size and time of every source file are as before; whether it ran."""
    target = Path(settings.STATIC_ROOT)
    stamp = target.parent / f"{target.name}.stamp"
    digest = _digest()
    if stamp.exists() and stamp.read_text() == digest and target.is_dir():
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest)
    return True


def _digest() -> str:
    state = hashlib.sha256(
        f"debug: {settings.DEBUG}".encode()
    )  # then languages for tests are compiled as well
    for name, path in _sources():
        facts = path.stat()
        state.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _sources() -> Iterator[tuple[str, Path]]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield name, Path(storage.path(name))
    for path in all_catalogues():
        yield str(path), path
