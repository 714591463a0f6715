"""Look at where media and models are kept, by keeping a small file there and taking it away again."""

from collections.abc import Iterator
from contextlib import suppress
from typing import cast

from django.core.files.base import ContentFile
from django.core.files.storage import InvalidStorageError, storages

from hitl.doctor.findings import Finding, fine, wrong
from hitl.shared.ids import new_id
from hitl.shared.storage import FileStore

KEPT = {"default": "media", "artifacts": "models"}
"""What a storage keeps, by Django's name for it."""
_TRIED = b"kept by manage.py doctor"


def stores() -> Iterator[Finding]:
    """Look whether files can be written, read and removed, and whether a file is written once."""
    for name, kept in KEPT.items():
        try:
            yield _tried(cast(FileStore, storages[name]), kept)
        except InvalidStorageError as error:
            yield wrong(
                "files",
                f"{kept}: their store cannot be used: {error}.",
                "Install the extra: pip install --require-hashes -r requirements-s3.txt",
            )
        except OSError as error:
            yield wrong(
                "files",
                f"{kept} cannot be kept: {error}",
                "See that the place is there, and that the service may write, read and remove files in it.",
            )


def _tried(store: FileStore, kept: str) -> Finding:
    name = f"doctor/{new_id()}"
    try:
        store.save(name, ContentFile(_TRIED))
        with store.open(name) as file:
            read = file.read()
        is_once = store.refuses_again(name)
    finally:
        with suppress(OSError):
            store.delete(name)
    if read != _TRIED:
        return wrong("files", f"{kept} are read back otherwise than written.", "Mend the disk or the store.")
    if not is_once:
        return wrong(
            "files",
            f"{kept} are kept in a store that does not know If-None-Match: one machine may write "
            "over another's file.",
            "Update the store, or choose another.",
        )
    return fine("files", f"{kept} can be written, read and removed")
