"""What may be trained: which families, with which settings, and what each is good for.

Settings follow comparisons on a dozen public sets: no family wins everywhere, small boosted trees
with pairwise interactions beat library defaults at these sizes, and word pairs with characters
within words under a linear SVC are the best cheap reader of texts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from science.pipelines.data import Data
from science.serving.sentences import WIDTH
from science.told import Told

_LINEAR_COST = 4e-8  # CPU seconds per stored value, label and fit
_TREE_COST = 1.2e-9  # CPU seconds per row, column, tree and level
_LEAF_COST = 2.0e-6  # CPU seconds per column, tree and leaf, however few the rows are
_PAIR_COST = 1.2e-7  # CPU seconds per pair of columns and tree, where trees are kept to pairs
_BINNING_COST = 0.05  # CPU seconds per column when rows are weighted
_CHARACTER_COST = 7e-7  # CPU seconds per character counted
_MEANING_COST, _SENTENCE_COST = 5e-5, 0.005  # CPU seconds per character and per text
_FITS = 4  # three folds and the final one


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to build a model. `strength` is C for linear models, `settings` for trees.

    Texts are read by `words`, with `grams` by characters too, with `vectors` by what words mean; or
    `by_meaning` (sentence vectors) instead.
    """

    name: Told
    family: Literal["logistic", "svc", "nearest", "trees", "lightgbm"]
    words: bool = True
    grams: bool = False
    vectors: bool = False
    by_meaning: bool = False
    strength: float = 1.0
    settings: tuple[tuple[str, Any], ...] = ()

    @property
    def has_trees(self) -> bool:
        """Whether trees answer, by whichever library they were fitted."""
        return self.family in ("trees", "lightgbm")

    def cost(self, data: Data, *, fits: int = _FITS, share: float = 1.0) -> float:
        """Expected CPU seconds of so many fits on a share of the rows, from sizes alone: the same data gives
        the same answer everywhere."""
        n, n_classes = share * len(data.rows), max(1, data.n_outputs)
        n_media = sum(block.width for block, _ in data.media)
        text_values = share * data.n_characters * (1.1 if self.grams else 0.25 if self.words else 0.0)
        if self.vectors and data.vectors is not None:
            text_values += n * data.vectors.width * len(data.text_names)
        if self.by_meaning:
            text_values = n * WIDTH * len(data.text_names)
        dense = n * (n_media + 3 * len(data.schema.fields))
        if not self.has_trees:
            once = data.n_characters * _CHARACTER_COST * (self.grams + self.vectors)
            if self.by_meaning:
                once = data.n_characters * _MEANING_COST + n * len(data.text_names) * _SENTENCE_COST
            return once + fits * _LINEAR_COST * n_classes * (text_values + 10 * dense)
        trees = dict(self.settings)
        columns = n_media + len(data.schema.fields)
        tree = 5 * _TREE_COST * dense + _LEAF_COST * columns * int(trees["max_leaf_nodes"])
        if trees.get("interaction_cst") == "pairwise":
            tree += _PAIR_COST * columns**2
        boosting = tree * int(trees["max_iter"]) * n_classes
        stacking = 4 * _LINEAR_COST * n_classes * text_values
        # scikit-learn bins weighted rows by weighted percentiles, column by column.
        is_slow = data.is_weighted and self.family == "trees"
        binning = _BINNING_COST * dense / max(1, n) if is_slow else 0.0
        return fits * (boosting + stacking + binning + 0.1)


def _trees(name: Told, **settings: Any) -> Candidate:
    return Candidate(name, "trees", settings=tuple(sorted(settings.items())))


SMALL = {"max_iter": 150, "max_leaf_nodes": 8, "learning_rate": 0.05, "l2_regularization": 1.0}
PAIRWISE = _trees(Told("boosted trees, pairs of fields"), interaction_cst="pairwise", **SMALL)
SMALL_TREES = _trees(Told("boosted trees, small"), **SMALL)
LARGE_TREES = _trees(
    Told("boosted trees, 31 leaves"),
    max_iter=100,
    max_leaf_nodes=31,
    learning_rate=0.1,
    l2_regularization=0.0,
)

TEXT = (
    Candidate(Told("linear SVC on words"), "svc"),
    Candidate(Told("logistic regression on words"), "logistic", strength=10.0),
    Candidate(Told("linear SVC on words and characters"), "svc", grams=True),
)
TABLE = (Candidate(Told("logistic regression"), "logistic"), PAIRWISE, SMALL_TREES, LARGE_TREES)
MEDIA = (
    Candidate(Told("logistic regression, cautious"), "logistic", strength=0.02),
    Candidate(Told("logistic regression"), "logistic", strength=0.5),
    SMALL_TREES,
)
MIXED = (
    Candidate(Told("logistic regression on all fields"), "logistic", strength=10.0),
    Candidate(Told("linear SVC on all fields, with characters"), "svc", grams=True),
    SMALL_TREES,
)


BOOSTED = Candidate(Told("boosted trees by LightGBM"), "lightgbm", settings=tuple(sorted(SMALL.items())))


# Texts by what their words mean, where a table of that is there (`science.serving.vectors`).
NEAREST = Candidate(
    Told("nearest examples by what words mean"), "nearest", words=False, vectors=True, strength=100.0
)
WITH_VECTORS = Candidate(Told("linear SVC on words and what they mean"), "svc", vectors=True)
MIXED_WITH_VECTORS = Candidate(Told("linear SVC on all fields, with what words mean"), "svc", vectors=True)
SHORT = 400  # characters: the mean of more words says little


MEANING = Candidate(
    Told("logistic regression on sentence vectors"), "logistic", by_meaning=True, strength=10.0
)


def candidates_for(data: Data, extras: Collection[str] = ()) -> tuple[Candidate, ...]:
    """The candidates for the kinds of fields there are, simplest first, and then those of the extras."""
    more = [BOOSTED] if "lightgbm" in extras else []
    if data.vectors is not None and data.text_names and data.usual_length <= SHORT:
        has_more = len(data.text_names) < len(data.schema.fields)
        more += [MIXED_WITH_VECTORS] if has_more else [NEAREST, WITH_VECTORS]
    if "sentences" in extras and data.text_names:
        more.append(MEANING)
    return (*_usual(data), *more)


def _usual(data: Data) -> tuple[Candidate, ...]:
    has_text = bool(data.text_names)
    has_media = bool(data.media)
    has_table = any(not field.is_media and field.name not in data.text_names for field in data.schema.fields)
    if has_text:
        return MIXED if has_table or has_media else TEXT
    return MEDIA if has_media else TABLE
