"""What a column holds, for people who look over what was guessed of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from cases.files.columns import as_name
from cases.names import seen

_EXAMPLES = 3
_LONGEST = 24  # characters of one


@dataclass(frozen=True, slots=True)
class Held:
    """How many cells of a column are filled, and the first different ones, in the order of the file."""

    filled: int
    examples: tuple[str, ...]


def held(cells: Sequence[object]) -> Held:
    """Look at a column.

    >>> held(["red", None, "red", " ", "blue"])
    Held(filled=3, examples=('red', 'blue'))
    """
    filled, examples = 0, dict[str, None]()
    for cell in cells:
        if len(examples) == _EXAMPLES and isinstance(cell, str) and cell.isascii():
            filled += bool(cell.strip())
            continue
        if not (said := "…" if isinstance(cell, bytes) else as_name(cell)):
            continue
        filled += 1
        if len(examples) < _EXAMPLES:
            examples[seen(said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…")] = None
    return Held(filled, tuple(examples))
