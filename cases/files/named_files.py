"""Cells that name files: images and recordings that lie beside a table."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from cases.files.styles import FEW
from cases.kinds import KINDS
from science.fields import Kind

_LOOKED_FOR = 100  # files of a column


def kind_of_files(cells: Sequence[object]) -> Kind | None:
    """Return the kind of the files that all but a few filled cells name by their endings; None if of no kind.

    >>> [str(kind_of_files(cells)) for cells in (["a/1.PNG", None, "2.jpg"], ["a.png", "why?"], [])]
    ['image', 'None', 'None']
    >>> str(kind_of_files(["a.png"] * 19 + ["a.txt"]))
    'image'
    """
    kind_of = {ending: kind for kind, record in KINDS.items() for ending in record.endings}
    counts: Counter[Kind | None] = Counter()
    for cell in cells:
        if cell is None or cell == "":
            continue
        counts[kind_of.get(Path(cell.strip()).suffix.lower()) if isinstance(cell, str) else None] += 1
        if counts[None] > FEW * len(cells):
            return None
    kind, n = counts.most_common(1)[0] if counts else (None, 0)
    return kind if counts.total() - n <= FEW * counts.total() else None


def are_in(folder: Path, cells: Sequence[object]) -> bool:
    """Tell whether one of the first files that the cells name lies in the folder."""
    names = islice((cell for cell in cells if isinstance(cell, str) and cell), _LOOKED_FOR)
    return any(file_in(folder, name) for name in names)


def file_in(folder: Path, name: str) -> Path | None:
    """Return the file of that name in the folder or below it; None where there is none."""
    for said in (name, name.replace("\\", "/")):
        try:
            path = (folder / said.strip()).resolve()
            if path.is_relative_to(folder.resolve()) and path.is_file():
                return path
        except (OSError, ValueError):  # no path can be called so
            continue
    return None
