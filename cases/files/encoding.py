"""Decode the lines of a text file, and name the line that its encoding does not fit."""

import codecs
import io
from collections.abc import Callable, Iterator
from typing import IO, Any

from django.utils.translation import gettext_lazy

from cases.files.errors import BadTable
from hitl.shared.words import Words

LONGEST_LINE = 32_000_000  # characters: of a file without lines nothing is read into memory
_LOOKED_AT = 4_096
_BLOCK = 1 << 18

ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": gettext_lazy("Western European (Windows)"),
    "utf-16": gettext_lazy("UTF-16 (Excel's Unicode text)"),
}
"""What may be told, with its name for people. Others that Python knows by name are read as well."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(file: IO[bytes]) -> str:
    """Return what a file says of its encoding by a byte order mark, or by the zeros of UTF-16; else UTF-8."""
    file.seek(0)
    head = file.read(_LOOKED_AT)
    file.seek(0)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    pairs = len(head) // 2
    if pairs >= 4:
        if head[1 : 2 * pairs : 2].count(0) > 0.6 * pairs and head[0 : 2 * pairs : 2].count(0) == 0:
            return "utf-16-le"
        if head[0 : 2 * pairs : 2].count(0) > 0.6 * pairs and head[1 : 2 * pairs : 2].count(0) == 0:
            return "utf-16-be"
    return "utf-8-sig"


def known_encoding(name: str) -> str | None:
    """Return Python's name of an encoding of texts; None where it knows none of that name."""
    try:
        "".encode(name)
    except (LookupError, UnicodeError, ValueError, TypeError):
        return None
    return codecs.lookup(name).name


def text_lines(file: IO[bytes], told: str | None) -> Iterator[str]:
    """Yield the lines with their ends.

    Raises:
        BadTable: the file is written in something else; the message says where that shows, and what to do.
    """
    for line in _pieces(file, told, lambda text: text.readline(LONGEST_LINE)):
        if len(line) == LONGEST_LINE:
            raise BadTable(
                Words(
                    "A line has more than %(longest_line)s characters. Is it a table of rows?",
                    longest_line=LONGEST_LINE,
                )
            )
        yield line


def text_blocks(file: IO[bytes], told: str | None) -> Iterator[str]:
    """Yield the text a block at a time, wherever its lines end.

    Raises:
        BadTable: as `text_lines` does.
    """
    return _pieces(file, told, lambda text: text.read(_BLOCK))


def _pieces(file: IO[bytes], told: str | None, read: Callable[[io.TextIOWrapper], str]) -> Iterator[str]:
    shown = encoding_of(file)
    encoding = shown if told is None or shown.startswith(f"{told}-") else told  # UTF-16 without its mark
    file.seek(0)
    text = io.TextIOWrapper(io.BufferedReader(_Lent(file), _BLOCK), encoding=encoding, newline="\n")
    try:
        while piece := read(text):
            yield piece
    except UnicodeError:
        raise BadTable(_unreadable(file, encoding, is_told=told is not None)) from None


class _Lent(io.RawIOBase):
    """Bytes of a file that whoever opened it closes, not whoever reads it as text."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _unreadable(file: IO[bytes], encoding: str, *, is_told: bool) -> str:
    byte, line = _first_fault(file, encoding)
    name = "UTF-8" if encoding.startswith("utf-8") else encoding.upper()
    said = f"The file is not {name}: line {line:,}, byte {byte:,}. Nothing was taken in. "
    if is_told:
        return said + "Name another encoding, or save the file as UTF-8."
    return said + (
        "Save it as UTF-8, or say what it is written in: cp1252 for Western European text from Windows, "
        "utf-16 for Excel's Unicode text."
    )


def _first_fault(file: IO[bytes], encoding: str) -> tuple[int, int]:
    """Return how many bytes stand before the first that cannot be read, and its line, counted from 1."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    read, line = 0, 1
    while True:
        block = file.read(_BLOCK)
        pending = len(decoder.getstate()[0])
        try:
            line += decoder.decode(block, final=not block).count("\n")
        except UnicodeDecodeError as fault:
            good = fault.object[: fault.start].decode(encoding, errors="ignore")
            return read - pending + fault.start, line + good.count("\n")
        except UnicodeError:  # of the file as a whole, such as a mark that is missing
            return read, line
        if not block:
            return read, line
        read += len(block)
