"""The label that a cell names: tools write true as True, and one as 1.0."""

import re
from collections.abc import Collection, Iterable

from cases.files.columns import as_name

_WHOLE = re.compile(r"(-?\d+)\.0+")
_TRUE = ("true", "True", "TRUE", "1", "yes", "Yes", "YES")
_FALSE = ("false", "False", "FALSE", "0", "no", "No", "NO")


def label_in(cell: object, labels: Collection[str]) -> str:
    """Return the one of the labels that a cell names; where it names none, the cell as a name.

    >>> label_in(True, ("false", "true")), label_in("1.0", ("0", "1")), label_in(1.0, ("0.0", "1.0"))
    ('true', '1', '1.0')
    """
    name = as_name(cell)
    if not name or name in labels:
        return name
    return next((other for other in _others(cell, name) if other in labels), name)


def label_names(cells: Iterable[str]) -> dict[str, str]:
    """Return for each name of a column of labels the label that it means.

    Whole numbers lose the point that tools give them where another cell is missing, if all are numbers. What
    tools write as true, True and TRUE is one label, called as the first of these that is there.

    >>> label_names(["True", "FALSE", "true"])["True"]
    'true'
    """
    names = set(cells)
    is_numbers = all(_WHOLE.fullmatch(name) or name.lstrip("-").isdecimal() for name in names)
    means = {name: _WHOLE.sub(r"\1", name) if is_numbers else name for name in names}
    for spellings in (_TRUE[:3], _FALSE[:3]):
        met = [name for name in spellings if name in names]
        means |= dict.fromkeys(met, met[0] if met else "")
    return means


def _others(cell: object, name: str) -> Iterable[str]:
    whole = _WHOLE.sub(r"\1", name)
    yield from (whole, f"{whole}.0")
    is_typed = isinstance(cell, bool | int | float)
    for words in (_TRUE, _FALSE):
        if name in words[:3] or (name in words and is_typed) or whole == words[3]:
            yield from words
