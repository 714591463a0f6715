"""Repetitions that are kept: a long run may be broken off, and goes on where it was.

An experiment is played in chunks, each with a seed of its own, and every chunk's figures are written as it
ends. What is kept belongs to the code that made it: it is found again only while the experiment, and all of
the statistics that it imports, say the same, comments and docstrings aside (ADR 0038).
"""

import ast
import hashlib
import json
import os
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

SEED = 20_261_124
ROOT = Path(__file__).parents[1]
SAME_ANYWAY = {"bench._guarantee_kept", "bench._guarantee_rows"}  # they change no figure

Figures = Mapping[str, Sequence[float] | np.ndarray]
Play = Callable[
    [np.random.Generator, int], Figures
]  # repetitions to figures, one of each kind per repetition


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of kept repetitions, for the experiments that these modules make."""

    folder: Path
    sources: tuple[Path, ...]

    def runs(self, name: str, wanted: int, play: Play, *, chunk: int = 50) -> dict[str, np.ndarray]:
        """Return at least `wanted` repetitions of every figure, played or found; shape (n_runs,) each.

        A run of less than a chunk is kept apart, as a chunk of its own size.
        """
        chunk = min(chunk, wanted)
        place = self.folder / f"{name.replace(' ', '-')}.{chunk}.{self._digest()}.json"
        figures: dict[str, list[float]] = json.loads(place.read_text()) if place.exists() else {}
        while (done := min(map(len, figures.values()), default=0)) < wanted:
            rng = np.random.default_rng([SEED, zlib.crc32(name.encode()), done // chunk])
            for kind, values in play(rng, chunk).items():
                figures.setdefault(kind, []).extend(float(value) for value in values)
            if {len(values) for values in figures.values()} != {done + chunk}:
                raise ValueError(f"{name}: every repetition must give every figure once.")
            self._write(place, figures)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{name}: {done + chunk} of {wanted}\033[K")
        return {kind: np.array(values) for kind, values in figures.items()}

    def _write(self, place: Path, figures: Mapping[str, list[float]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        half = place.with_suffix(f".{os.getpid()}.half")
        half.write_text(json.dumps(figures))
        half.replace(place)

    def _digest(self) -> str:
        return digest(*self.sources)


@cache
def digest(*sources: Path) -> str:
    """What these modules, and all they need, do."""
    needed = sorted(frozenset().union(*map(_needed, sources)))
    return hashlib.sha256("".join(map(_meaning, needed)).encode()).hexdigest()[:12]


@cache
def _needed(source: Path) -> frozenset[Path]:
    """The module and every module of experiments and statistics that it imports, directly or not."""
    found, waiting = {source}, [source]
    while waiting:
        for path in _imported(waiting.pop()) - found:
            found.add(path)
            waiting.append(path)
    return frozenset(found)


@cache
def _imported(source: Path) -> frozenset[Path]:
    names = set[str]()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    ours = {name for name in names - SAME_ANYWAY if name.startswith(("science.", "bench._guarantee"))}
    paths = (ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in ours)
    return frozenset(path for path in paths if path.exists())


@cache
def _meaning(path: Path) -> str:
    """The code without its comments, docstrings and layout."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        match node:
            case (
                ast.Module(body=[ast.Expr(value=ast.Constant(value=str())) as said, *_])
                | ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str())) as said, *_])
                | ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())) as said, *_])
            ):
                said.value = ast.Constant("")
    return ast.dump(tree)
