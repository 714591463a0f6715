"""Text: ``str``, read word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from science.drift.measures import Columns, Measure, Measures, Words, of_text, one_by_one
from science.kinds.quarters import quarters
from science.kinds.traits import Common, Hostile, Slice, Traits, Unfit

if TYPE_CHECKING:
    from science.fields import Field
    from science.serving.table import Column

_PIECE = 120  # characters
_NASTY = (
    "",
    " ",
    "\n\t\u00a0\u2028",
    "a",
    "\x00\x1f\x85",
    "I\u0307stanbul \u0130STANBUL \u03a3\u03a3 stra\u00dfe",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u6211\u559c\u6b22\u4f60",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea\U0001f1eb",
    "\ud800 lone \udfff",
    "C++ C# don't $$$ !!! 5%",
    "<script>alert(1)</script>",
    "a" * 3000,
    "e\u0301" * 50,
    "\U0010ffff\ufdd0\ufffe",
)


def _unfit(field: Field, column: Column | None, max_chars: int) -> Unfit:
    def reason(value: object) -> str | None:
        if not isinstance(value, str):
            return "is not text"
        if field.required and value.isspace():
            return "is empty"
        if max_chars and len(value) > max_chars:
            return f"is longer than the {max_chars} characters the model reads"
        return None

    return reason


def _slices(values: Sequence[object]) -> Iterator[Slice]:
    texts = [value if isinstance(value, str) else "" for value in values]
    yield from quarters(np.array([float(len(text)) for text in texts]), "characters")
    letters = [sum(char.isalpha() for char in text[:1000]) for text in texts]
    foreign = [sum(char.isalpha() and char > "\u024f" for char in text[:1000]) for text in texts]
    yield (
        Common("not Latin"),
        np.array([f > n / 2 for f, n in zip(foreign, letters, strict=True)]),
    )


def _mixed(real: object, rng: np.random.Generator) -> str:
    """Short pieces of a real text, of a nasty one and of a scrambled one, in any order."""
    text = real if isinstance(real, str) else ""
    start = int(rng.integers(0, max(1, len(text) - _PIECE)))
    nasty = _NASTY[int(rng.integers(0, len(_NASTY)))][:_PIECE]
    pieces = [text[start : start + int(rng.integers(0, _PIECE))], nasty, _scrambled(text[:_PIECE], rng)]
    return "".join(pieces[i] for i in rng.permutation(3)[: int(rng.integers(1, 4))])


def _scrambled(text: str, rng: np.random.Generator) -> str:
    """The text with a few characters replaced by any others there are, surrogates included."""
    characters = list(text)
    for _ in range(min(3, len(characters))):
        characters[int(rng.integers(0, len(characters)))] = chr(int(rng.integers(0, 0x110000)))
    return "".join(characters)


_MEASURES = (
    Measure("words", "number of words"),
    Measure("unknown", "words never seen before", "% of words"),
    Measure("other characters", "characters other than letters", "%"),
    Measure("characters", "length", "characters"),
    Measure("script", "script", is_ordered=False),
)


def _measured(values: Sequence[object], words: Words) -> Columns:
    names = [measure.name for measure in _MEASURES]
    return one_by_one(names, lambda text: of_text(text, words) if isinstance(text, str) else None)(values)


TRAITS = Traits(
    name="text",
    has_options=False,
    has_range=False,
    unfit=_unfit,
    slices=_slices,
    hostile=Hostile(_NASTY, _mixed),
    measured=Measures(_MEASURES, _measured, has_vocabulary=True),
)
