"""Rows of JSON: an object a line, a list of objects, or one object that holds them in another order."""

import json
import re
from collections.abc import Iterator
from typing import IO, Any

from cases.files.delimited import check_end
from cases.files.encoding import text_blocks, text_lines
from cases.files.errors import BadTable, Unreadable
from hitl.shared.words import Words

Row = tuple[int, dict[str, Any]]
LARGEST_VALUE = 64_000_000  # characters that are held in memory for one row, or for one object of them all
_DECODER = json.JSONDecoder()
_END = re.compile(r'\{"rows":(\d+)\}|BROKEN OFF after (\d+) rows: this export is not whole')  # of our exports
_NO_OBJECT = Words("not a JSON object")


def json_rows(file: IO[bytes], *, encoding: str | None) -> Iterator[Row]:
    """Yield each row with the number of its first line; lines that are no row are marked.

    Raises:
        BadTable: what is no list of lines cannot be read to its end.
    """
    head = next(text_blocks(file, encoding), "").lstrip()
    is_lined = head.startswith("{") and _is_lined(head)
    is_by_line = is_lined or not head.startswith(("{", "["))
    yield from _by_line(file, encoding) if is_by_line else _streamed(file, encoding)


def _is_lined(head: str) -> bool:
    """Tell whether there are several lines, and one of the first two is an object by itself."""
    lines = [line for line in head.split("\n", 3)[:3] if line.strip()]
    return len(lines) > 1 and any(isinstance(_read(line), dict) for line in lines[:2])


def _read(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _by_line(file: IO[bytes], encoding: str | None) -> Iterator[Row]:
    n = 0
    for number, line in enumerate(text_lines(file, encoding), start=1):
        if not line.strip():
            continue
        if end := _END.fullmatch(line.strip()):
            check_end(end[1] or end[2], n, whole=end[2] is None)
            return
        n += 1
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, Unreadable(Words("not JSON: %(error)s", error=str(error)[:190]))
        else:
            yield number, row if isinstance(row, dict) else Unreadable(_NO_OBJECT)


def _streamed(file: IO[bytes], encoding: str | None) -> Iterator[Row]:
    """Read values one after the other; those of a list are rows, and so are those inside a lone object."""
    values = _values(file, encoding)
    first = next(values, None)
    second = next(values, None)
    if first is not None and second is None and isinstance(first[1], dict) and not first[2]:
        yield from ((first[0], row) for row in _unwrapped(first[1]))
        return
    for each in (first, second):
        if each is not None:
            yield each[0], _row(each[1])
    for line, value, _ in values:
        yield line, _row(value)


def _row(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else Unreadable(_NO_OBJECT)


def _values(file: IO[bytes], encoding: str | None) -> Iterator[tuple[int, Any, bool]]:
    """Yield line, value, and whether it is in a list; lists at the outermost level are opened."""
    blocks = text_blocks(file, encoding)
    text, at, line, is_open = "", 0, 1, False
    while True:
        start = at
        while at < len(text) and (text[at] in " \t\r\n\ufeff," or (is_open and text[at] == "]")):
            is_open = is_open and text[at] != "]"
            at += 1
        line += text.count("\n", start, at)
        if at == len(text):
            text, at = next(blocks, ""), 0
            if not text:
                if is_open:
                    raise BadTable(
                        Words(
                            "The file ends in line %(line)s, in the middle of its list. Is it whole?",
                            line=line,
                        )
                    )
                return
            continue
        if text[at] == "[" and not is_open:
            is_open, at = True, at + 1
            continue
        try:
            value, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            raise BadTable(Words("The JSON in line %(line)s is nested too deeply.", line=line)) from None
        except ValueError as fault:
            end, reason = -1, str(fault)
        if end < 0 or (end == len(text) and not isinstance(value, dict | list | str)):
            more = _as_much_again(blocks, len(text) - at)
            if (not more and end < 0) or len(text) - at > LARGEST_VALUE:
                raise BadTable(
                    Words(
                        "The file is no JSON from line %(line)s on: %(reason)s.",
                        line=line,
                        reason=reason[:100],
                    )
                )
            if more:
                text, at = text[at:] + more, 0
                continue
        yield line, value, is_open
        line += text.count("\n", at, end)
        at = end


def _as_much_again(blocks: Iterator[str], length: int) -> str:
    """Read on by as much as there is: a value that began a long way back is looked at a few times only."""
    read: list[str] = []
    for block in blocks:
        read.append(block)
        length -= len(block)
        if length <= 0:
            break
    return "".join(read)


def _unwrapped(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of an object that holds them all, as pandas and data portals write one; else itself."""
    lists = [each for each in value.values() if isinstance(each, list)]
    columns, data = value.get("columns"), value.get("data")
    if isinstance(columns, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        yield from (dict(zip(map(str, columns), row, strict=False)) for row in data)
    elif len(lists) == 1 and lists[0] and all(isinstance(row, dict) for row in lists[0]):
        yield from lists[0]
    elif len(value) > 1 and (rows := _by_number(value)) is not None:
        yield from rows
    else:
        yield value


def _by_number(value: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the rows where columns hold cells by number, or numbers hold rows; None where neither does."""
    inner = list(value.values())
    if not all(isinstance(each, dict) and each for each in inner):
        return None
    if all(key.isdecimal() for key in value):
        return inner
    numbers = list(inner[0])
    if all(key.isdecimal() for key in numbers) and all(each.keys() == inner[0].keys() for each in inner):
        return [{name: cells[number] for name, cells in value.items()} for number in numbers]
    return None
