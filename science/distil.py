"""A table of what words mean, distilled from the packaged language model: made once, then a file like any
other.

Each piece of the vocabulary is read alone by the language model; the 256 strongest directions of what it
makes of them are kept (principal components) and weighted by how rare the piece is, as Zipf's law has it from
its place in the vocabulary (static embeddings as in Tulkens and van Dongen, "Model2Vec", 2024), in 8 bits
each. Some 40 s of CPU, with the packages of `requirements-vectors.txt`; reading texts by the table needs none
of them (ADR 0082).

`python -m science.distil FILE` writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from science.serving.sentences import vocabulary_and_states
from science.serving.vectors import WordVectors, save_table

WIDTH = 256
_BATCH = 64


def distil(width: int = WIDTH, progress: Callable[[str], None] = lambda _: None) -> WordVectors:
    """The table of all pieces that stand for something written.

    Raises:
        BadArtifact: the language model is not installed, or not the one that is pinned.
    """
    vocabulary, states = vocabulary_and_states()
    found = []
    for begin in range(0, len(vocabulary), _BATCH):
        found.append(states(range(begin, min(begin + _BATCH, len(vocabulary)))))
        if begin % (100 * _BATCH) == 0:
            progress(f"Reading the vocabulary: {begin:,} of {len(vocabulary):,} pieces")
    return quantized(vocabulary, weighted(np.concatenate(found), width))


def weighted(states: np.ndarray, width: int) -> np.ndarray:
    """The strongest directions (n, width) of some states, the commonest piece first, by how rare each is."""
    centred = states - states.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # from the weakest to the strongest
    rarity = np.log(2.0 + np.arange(len(states)))
    kept: np.ndarray = centred @ directions[:, ::-1][:, :width] * rarity[:, None]
    return kept


def quantized(names: list[str], vectors: np.ndarray) -> WordVectors:
    """A table of some vectors (n, width), rounded to 8 bits; marks like ``[CLS]`` are left out."""
    written = [i for i, name in enumerate(names) if not (name.startswith("[") and len(name) > 1)]
    vectors = vectors[written]
    scale = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
    values = np.rint(vectors / np.where(scale > 0, scale, 1.0)[:, None]).clip(-127, 127).astype(np.int8)
    return WordVectors([names[i] for i in written], values, scale)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    part = target.with_suffix(".part")
    part.write_bytes(save_table(distil(progress=lambda said: print(said, file=sys.stderr, flush=True))))
    part.replace(target)  # it appears only when it is whole
