"""How much of a file is read: a small one may hold millions of rows once it is unzipped."""

import io
from dataclasses import dataclass
from typing import IO, Any

from cases.files.errors import BadTable
from hitl.shared.words import Words


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read at most, and what to do with a file that holds more.

    Attributes:
        rows: of the table, also such as do not fit.
        size: bytes, unzipped.
        fix: a sentence.
    """

    rows: int
    size: int
    fix: Words

    def too_many_rows(self) -> BadTable:
        """Return the error of a file with more rows."""
        return BadTable(Words("The file has more than %(most)s rows. %(fix)s", most=self.rows, fix=self.fix))

    def too_large(self) -> BadTable:
        """Return the error of a file with more bytes."""
        return BadTable(
            Words("The file has more than %(most)s MB. %(fix)s", most=self.size >> 20, fix=self.fix)
        )


COMMAND = Limits(20_000_000, 1 << 36, Words("Give a part of it."))
JOB = Limits(
    2_000_000, 1 << 31, Words("Give a part of it, or take it in by command: manage.py import_cases.")
)
PAGE = Limits(
    100_000, 1 << 26, Words("Begin with a part of it, or by command: manage.py import_cases --create.")
)


class Measured(io.RawIOBase):
    """A file of bytes of which no more is read than the limits allow."""

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        super().__init__()
        self._file, self._limits = file, limits

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def seekable(self) -> bool:
        """Its position can be changed."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Change the position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def readinto(self, buffer: Any, /) -> int:
        """Read the next bytes.

        Raises:
            BadTable: there are too many.
        """
        data = self._file.read(len(buffer))
        if self._file.tell() > self._limits.size:
            raise self._limits.too_large()
        buffer[: len(data)] = data
        return len(data)
