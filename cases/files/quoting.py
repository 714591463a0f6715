"""Cut lines of text into cells by the quoting rules of the programs that write them.

A cell that begins with a quotation mark ends with one that stands before a separator or the end of a line,
and marks inside it are doubled. Where that does not hold, the mark is one of the text's own: texts out of
chats and reviews begin with lone marks, and a reader that trusts each of them swallows rows up to the next
(ADR 0052).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST_CELL = 1_000_000  # characters; a mark that is not closed by then is a mark
Record = tuple[int, list[str]]  # the line that it begins in, counted from 1, and its cells


@dataclass(slots=True)
class Records:
    r"""The rows of a text whose cells one character separates.

    Attributes:
        escapes: a mark inside a cell is written \" and not doubled, as R does.
        line: the last line that was read.
        swallowed: first lines of cells over several lines each of which could be a row by itself.
    """

    lines: Iterator[str]
    separator: str
    escapes: bool = False
    line: int = 0
    swallowed: list[int] = field(default_factory=list)
    _again: deque[str] = field(default_factory=deque)  # lines that no cell has taken after all
    _width: int | None = None  # cells of the first row, which names the columns
    _end: str = ""  # how the last line ended

    def __iter__(self) -> Iterator[Record]:
        """Yield each row; empty lines are none."""
        while (text := self._next()) is not None:
            first = self.line
            if not text:
                continue
            cells = self._quoted(text) if '"' in text else text.split(self.separator)
            if self._width is None:
                self._width = len(cells)
            yield first, cells

    def _next(self) -> str | None:
        raw = self._again.popleft() if self._again else next(self.lines, None)
        if raw is None:
            return None
        self.line += 1
        text = raw.removesuffix("\n").removesuffix("\r")
        self._end = raw[len(text) :]
        return text

    def _quoted(self, text: str) -> list[str]:
        if self.separator == "\t" and self._width is not None and text.count("\t") == self._width - 1:
            return [self._alone(cell) for cell in text.split("\t")]  # as a rule nothing is quoted there
        cells: list[str] = []
        at = 0
        while True:
            end = self._closing(text, at + 1) if text.startswith('"', at) else -1
            if end is None:
                cell, text, end = self._over_lines(text, at)
            elif end < 0:
                end = text.find(self.separator, at)
                end = len(text) if end < 0 else end
                cell = text[at:end]
            else:
                cell, end = self._unquoted(text[at + 1 : end]), end + 1
            cells.append(cell)
            if end >= len(text):
                return cells
            at = end + 1

    def _over_lines(self, text: str, at: int) -> tuple[str, str, int]:
        """Read a cell that is not closed in its line; return it, the line that it ends in, and where.

        Where no end is found, or the lines make as good a sense without the mark, they are given back.
        """
        line, end_of_line = self.line, self._end
        parts, taken, length = [text[at + 1 :], end_of_line], [], len(text)
        while length <= LONGEST_CELL and (more := self._next()) is not None:
            taken.append(more + self._end)
            length += len(more) + 1
            mark = self._closing(more, 0)
            if mark is None:
                parts += [more, self._end]
                continue
            if mark < 0 or self._could_be_rows(line, [text, *taken]):
                break
            return self._unquoted("".join([*parts, more[:mark]])), more, mark + 1
        self._again.extendleft(reversed(taken))
        self.line, self._end = line, end_of_line
        end = text.find(self.separator, at)
        end = len(text) if end < 0 else end
        return text[at:end], text, end

    def _could_be_rows(self, first: int, lines: list[str]) -> bool:
        """Tell whether each line of a cell has as many cells as there are columns.

        Where tabs separate, as a rule nothing is quoted: such lines are rows. Elsewhere it is only noted.
        """
        separators = (self._width or 1) - 1
        if not separators or any(line.count(self.separator) != separators for line in lines):
            return False
        if self.separator != "\t":
            self.swallowed.append(first)
        return self.separator == "\t"

    def _closing(self, text: str, start: int) -> int | None:
        """Return where the mark stands that ends a cell; None: not in this line; -1: it was no cell."""
        while True:
            mark = text.find('"', start)
            if mark < 0:
                return None
            following = text[mark + 1 : mark + 2]
            if self.escapes and mark and text[mark - 1] == "\\":
                start = mark + 1
            elif following in ("", self.separator):
                return mark
            elif following == '"':
                start = mark + 2
            else:
                return -1

    def _alone(self, cell: str) -> str:
        is_quoted = len(cell) > 1 and cell[0] == '"' and self._closing(cell, 1) == len(cell) - 1
        return self._unquoted(cell[1:-1]) if is_quoted else cell

    def _unquoted(self, text: str) -> str:
        return text.replace('\\"', '"').replace("\\\\", "\\") if self.escapes else text.replace('""', '"')
