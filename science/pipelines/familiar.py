"""Learning what is familiar: how far cases of entities that were left out lie from the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil

import numpy as np

from science.pipelines.corpus import MAX_WORDS, vocabulary
from science.pipelines.data import Data
from science.pipelines.tablefit import learn_expansion
from science.serving.familiar import TABLE, Familiar, Neighbours, unknown_share
from science.serving.sentences import SentenceBlock
from science.serving.served_model import ServedModel, read_by
from science.serving.text import WORDS

SENT = 0.005  # share of new entities whose cases are sent to people because they are strange
MAX_ENTITIES = 4_000  # that are measured
ANCHORS = 256  # training cases that distances are taken to: nobody waits for more


def learn_familiar(data: Data, folds: np.ndarray, served: ServedModel, seed: int) -> Familiar | None:
    """Learn what a model made of these rows finds familiar; None where too few entities are there.

    Parameters
    ----------
    folds: (n_rows,) as `assign_folds` gives them: every group in one fold.

    Notes
    -----
    One case of each entity (or group of like cases) is measured against cases of the other folds, so that the
    next entity's case is exchangeable with those measured. It is strange if it lies farther, in any part,
    than all but a share `SENT` of them do in their worst part.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.flatnonzero(~data.unreadable))
    _, first = np.unique(data.groups[order], return_index=True)
    chosen = rng.permutation(order[first])[:MAX_ENTITIES]  # one row of each group
    passing = ceil((1 - SENT) * (len(chosen) + 1))
    if passing > len(chosen):
        return None
    parts = {name: (_neighbours(raw[chosen], codes), raw) for name, raw, codes in _parts(data, served)}
    distances = {name: _apart(*part, folds, chosen) for name, part in parts.items()}
    usual = {}
    for name, block in read_by(served.texts).items():
        if block.counts_words:
            unknown, words = _unknown(data, name, folds, chosen)
            usual[name] = float(unknown.sum() / max(words.sum(), 1))
            distances[name] = unknown_share(unknown, words, usual[name])
    if not distances:
        return None
    # A rank counts how many lie at most as far; the worst part of a case decides.
    ranks = [np.searchsorted(np.sort(each), each, side="right") for each in distances.values()]
    worst = int(np.sort(np.max(ranks, axis=0))[passing - 1])
    far = {name: float(np.sort(each)[worst - 1]) for name, each in distances.items()}
    near = {name: _among(points, raw[chosen[:ANCHORS]]) for name, (points, raw) in parts.items()}
    return Familiar(near, usual, far)


def _neighbours(raw: np.ndarray, codes: Sequence[int]) -> Neighbours:
    """How points of these raw columns are compared; none is an anchor yet."""
    how = learn_expansion(raw, codes, 0)
    return Neighbours(how.center, how.scale, how.codes > 0, np.empty((0, raw.shape[1])))


def _among(points: Neighbours, raw: np.ndarray) -> Neighbours:
    return replace(points, anchors=points.points(raw))


def _parts(data: Data, served: ServedModel) -> Iterator[tuple[str, np.ndarray, list[int]]]:
    """Each part of a case that has raw columns: its name, they of all rows, and their categories."""
    if served.table.columns:
        yield TABLE, served.table.raw(data.rows), served.table.codes
    for block, features in data.media:
        yield block.name, features, [0] * block.width
    for name, text in read_by(served.texts).items():
        if not text.counts_words:
            vectors = data.sentences if isinstance(text, SentenceBlock) else data.meanings
            yield name, vectors[name], [0] * len(text.idf)


def _apart(points: Neighbours, raw: np.ndarray, folds: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Distance of each chosen row to the nearest of as many of other folds as a model keeps."""
    out = np.empty(len(chosen))
    for fold in np.unique(folds):
        held_out = folds[chosen] == fold
        others = raw[chosen[~held_out][:ANCHORS]]
        out[held_out] = _among(points, others).distances(raw[chosen[held_out]])
    return out


def _unknown(data: Data, name: str, folds: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many words of each chosen text the rows of the other folds do not teach; how many it has."""
    texts = data.texts(name)
    unknown, words = np.zeros(len(chosen)), np.zeros(len(chosen))
    for fold in np.unique(folds):
        known = set(vocabulary(data.words[name], np.flatnonzero(folds != fold), data.min_df, MAX_WORDS))
        for i in np.flatnonzero(folds[chosen] == fold):
            tokens = WORDS.tokens(texts[chosen[i]])
            words[i], unknown[i] = len(tokens), sum(token not in known for token in tokens)
    return unknown, words
