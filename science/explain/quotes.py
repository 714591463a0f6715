"""Passages that a language model quotes for its answer: shown only where they stand in the case.

A quote is the model's own word for why it answered as it did. Nobody here can tell whether it looked at it,
so it is no evidence as `science.explain.explain` measures it, and has a status of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from science.explain.places import Places
from science.explain.types import SCHEMA

STATUS = "quoted"
MAX_QUOTES = 3
SHORTEST, LONGEST = 3, 400  # characters of a quote


def quoted(
    quotes: Iterable[str],
    row: Mapping[str, object],
    fields: Sequence[str],
    *,
    target: str,
    contrast: str,
    model: str,
) -> dict[str, Any] | None:
    """Return quotes as highlight/1, in the order of the case; None where none of them stands in it.

    Parameters
    ----------
    quotes: as the model gave them. fields: names of the text fields that are searched, in order.

    Notes
    -----
    A quote counts where it stands letter by letter, but for blanks at its ends. Of several places the first
    is taken that no other quote has. Each is as strong as the others: the model gave no weights.
    """
    taken: list[tuple[int, int, int]] = []
    for quote in list(quotes)[: 4 * MAX_QUOTES]:
        words = quote.strip()
        place = _place(words, row, fields, taken) if SHORTEST <= len(words) <= LONGEST else None
        if place is not None and len(taken) < MAX_QUOTES:
            taken.append(place)
    if not taken:
        return None
    found = []
    for number, start, end in sorted(taken):
        name = fields[number]
        where = Places(name, str(row[name])).locate(start, end)
        found.append(
            {
                "where": where,
                "also": [],
                "score": 0.0,
                "share": 1 / len(taken),
                "side": "for",
                "label": where["quote"],
                "why": {},
            }
        )
    return {
        "schema": SCHEMA,
        "model": model,
        "target": target,
        "contrast": contrast,
        "method": {"name": STATUS},
        "highlights": found,
        "status": STATUS,
    }


def _place(
    words: str, row: Mapping[str, object], fields: Sequence[str], taken: Sequence[tuple[int, int, int]]
) -> tuple[int, int, int] | None:
    for number, name in enumerate(fields):
        text = row.get(name)
        if not isinstance(text, str):
            continue
        start = text.find(words)
        while start >= 0:
            end = start + len(words)
            if all(field != number or end <= begin or start >= until for field, begin, until in taken):
                return number, start, end
            start = text.find(words, start + 1)
    return None
