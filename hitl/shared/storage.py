"""Files named by their content; a file is there whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

Mark = tuple[object, ...]


class StoreAway(OSError):
    """The store for files does not answer, or refuses."""


class FileStore(Protocol):
    """What the service asks of a place for files, whether it is a folder or a store for many machines.

    Writing a name again replaces the file. What goes wrong is an OSError: FileNotFoundError where there is no
    such file, StoreAway where the whole store is out of reach.
    """

    def open(self, name: str, mode: str = "rb") -> "File[bytes]":
        """Open a file for reading."""

    def save(self, name: str | None, content: "File[bytes]") -> str:
        """Write a file whole, under this very name."""

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is no trouble."""

    def mark_of(self, name: str) -> Mark | None:
        """Return what changes when somebody writes to the file; None where it is not there."""

    def refuses_again(self, name: str) -> bool:
        """Tell whether a file that is there cannot be half written over by a second machine; tried on it."""


class WholeFiles(FileSystemStorage):
    """Writes beside the name and renames: a process that dies half-way leaves no half file under it.

    Writing a name again replaces the file, which for names made of content changes nothing.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name itself: the same name is the same content."""
        return name

    def mark_of(self, name: str) -> Mark | None:
        """Return what changes when somebody writes to the file, whatever time they set; None without one."""
        try:
            found = os.stat(self.path(name))
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def refuses_again(self, name: str) -> bool:
        """Tell that it does: a file takes its name by one rename."""
        return True

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]  # generic only in the stubs
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
            try:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        _flush_folder(target.parent)
        return name


def holds(store: FileStore, name: str, data: bytes) -> bool:
    """Tell whether these very bytes are there, by reading them: that a name is there proves nothing."""
    with suppress(FileNotFoundError), store.open(name, "rb") as file:
        return bytes(file.read(len(data) + 1)) == data
    return False


def keep(store: FileStore, name: str, data: bytes) -> None:
    """Write the bytes under the name unless they are there; a damaged file is written anew.

    Raises:
        OSError: the store is full or out of reach; nothing is left half written under the name.
    """
    if not holds(store, name, data):
        store.save(name, ContentFile(data))


def _flush_folder(folder: Path) -> None:
    """Let the name itself survive a power cut, not only the bytes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
