"""A trained model, ready to score: everything a web process needs, without scikit-learn.

Rows become raw columns (table fields, then, under trees, one text score per text field and label,
then what describes images and recordings); a linear model or trees turn them into one logit per
label, already calibrated; softmax makes probabilities. Explanations read the same logits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from science.decision_terms import Reason
from science.fields import Field, Kind, Schema
from science.kinds.traits import AsFeatures
from science.media import BadMedia
from science.serving.expand import Expansion
from science.serving.familiar import TABLE, Familiar
from science.serving.fitness import Check, reason_unfit
from science.serving.sentences import SentenceBlock
from science.serving.table import NAN, Table
from science.serving.text import ReadTexts, TextBlock
from science.serving.trees import Trees
from science.serving.vectors import VectorBlock

Text = TextBlock | SentenceBlock | VectorBlock


@dataclass(slots=True)
class MediaBlock:
    """One image or audio field: which, how large it is looked at, how many features it gives."""

    name: str
    kind: Kind
    side: int
    width: int
    how: AsFeatures = field(init=False, repr=False)

    def __post_init__(self) -> None:
        how = self.kind.traits.features
        if how is None:
            raise ValueError(f"block {self.name!r}: a {self.kind} is no file")
        self.how = how

    def read(self, value: object) -> np.ndarray:
        """Pixels or samples of one file.

        Raises:
            BadMedia: it cannot be read.
        """
        return self.how.read(value, self.side)

    def describe(self, content: np.ndarray) -> np.ndarray:
        """Features (width,) of what `read` gave."""
        return self.how.describe(content)

    def raw(self, values: Sequence[object]) -> np.ndarray:
        """Features (n_values, width): NaN where there is no file, infinite where it cannot be read."""
        out = np.full((len(values), self.width), NAN)
        for i, value in enumerate(values):
            if value is None or value == b"":
                continue
            try:
                out[i] = self.describe(self.read(value))
            except BadMedia:
                out[i] = np.inf
        return out


@dataclass(slots=True)
class Linear:
    """Logits from the expanded raw columns, plus the text blocks' own outputs, plus an intercept.

    `weights` has shape (n_outputs, width), `intercept` (n_outputs,).
    """

    expansion: Expansion
    weights: np.ndarray
    intercept: np.ndarray

    def outputs(self, raw: np.ndarray) -> np.ndarray:
        """Outputs (n_rows, n_outputs) of the raw columns and the intercept.

        Summed row by row over contiguous memory, not by BLAS, whose last bits depend on how many
        rows are asked for: a case scores the same alone and in a batch.
        """
        if not self.weights.shape[1]:
            return np.tile(self.intercept, (len(raw), 1))
        expanded = self.expansion.apply(raw)
        parts = [
            (expanded[i : i + 64, None, :] * self.weights[None]).sum(axis=2) for i in range(0, len(raw), 64)
        ]
        return np.concatenate(parts) + self.intercept if parts else np.empty((0, len(self.intercept)))


@dataclass
class ServedModel:
    """A model that scores rows. Build it with `load_model`.

    `labels` is the order of the probability columns. `background` holds raw columns of a few
    training rows, for explanations that compare; `typical` what is usual per field and label. `none` is the
    logit of "none of these labels", None where the model was taught all that people gave; `familiar` says how
    far from the training rows a case may be.
    """

    labels: tuple[str, ...]
    schema: Schema
    schema_sha256: str
    table: Table
    texts: tuple[Text, ...]
    media: tuple[MediaBlock, ...]
    head: Linear | Trees
    background: np.ndarray
    typical: Mapping[str, Mapping[str, Any]]
    version: str
    none: float | None = None
    familiar: Familiar | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields the model reads."""
        return self.schema.fields

    @property
    def is_partial(self) -> bool:
        """Whether it keeps some of the probability for labels that it was not taught."""
        return self.none is not None

    @property
    def is_linear(self) -> bool:
        """Whether the logits are linear in text features and expanded columns."""
        return isinstance(self.head, Linear)

    @cached_property
    def raw_groups(self) -> tuple[str, ...]:
        """The field behind every raw column."""
        names = self.table.groups
        if not self.is_linear:
            names += [block.name for block in self.texts for _ in range(block.n_outputs)]
        return (*names, *(block.name for block in self.media for _ in range(block.width)))

    @cached_property
    def _unfit_checks(self) -> tuple[Check, ...]:
        columns = {column.name: column for column in self.table.columns}
        read: dict[str, int] = {}
        for block in self.texts:
            read[block.name] = min(block.max_chars, read.get(block.name, block.max_chars))
        return tuple(
            (f, column, f.kind.traits.unfit(f, column, read.get(f.name, 0)))
            for f, column in ((f, columns.get(f.name)) for f in self.fields)
        )

    def raw(self, rows: Sequence[Mapping[str, object]]) -> np.ndarray:
        """Raw columns (n_rows, n_raw_columns); infinite where a file cannot be read."""
        return self._raw(rows, [] if self.is_linear else self._read_texts(rows))

    def _raw(self, rows: Sequence[Mapping[str, object]], texts: Sequence[ReadTexts]) -> np.ndarray:
        parts = [self.table.raw(rows)]
        if not self.is_linear:
            parts += [read.outputs for read in texts]
        parts += [block.raw([row.get(block.name) for row in rows]) for block in self.media]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _read_texts(self, rows: Sequence[Mapping[str, object]]) -> list[ReadTexts]:
        """What each block of `texts` reads, in their order; several may read one field."""
        return [block.read_all([row.get(block.name) for row in rows]) for block in self.texts]

    def logits(self, rows: Sequence[Mapping[str, object]]) -> np.ndarray:
        """Calibrated logits (n_rows, n_classes); NaN in rows that cannot be scored."""
        texts = self._read_texts(rows)
        return self._logits_of(self._raw(rows, texts), texts)

    def _logits_of(self, raw: np.ndarray, texts: Sequence[ReadTexts]) -> np.ndarray:
        outputs = self.outputs_of(raw)
        if self.is_linear:
            for read in texts:
                outputs = outputs + read.outputs
        return self.as_logits(outputs)

    def outputs_of(self, raw: np.ndarray) -> np.ndarray:
        """Outputs (n_rows, n_outputs) of raw columns alone (a linear model's texts come on top)."""
        if not self.media:
            return self.head.outputs(raw)
        unreadable = np.isinf(raw).any(axis=1)
        outputs = self.head.outputs(np.where(unreadable[:, None], 0.0, raw))
        outputs[unreadable] = NAN
        return outputs

    def as_logits(self, outputs: np.ndarray) -> np.ndarray:
        """One logit per label: with two labels, one output is the log-odds of the second."""
        if outputs.shape[1] > 1:
            return outputs
        return np.concatenate([outputs * -0.5, outputs * 0.5], axis=1)

    def predict_proba(self, rows: Sequence[Mapping[str, object]]) -> np.ndarray:
        """Probabilities (n_rows, n_classes) in float64; a row that cannot be scored is all NaN.

        With a logit of "none of these", what a row's sum lacks to 1 is the chance of a label that the model
        was not taught.
        """
        return self.proba_of(self.logits(rows))

    def proba_of(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities of calibrated logits, both (n_rows, n_classes)."""
        return softmax(logits, self.none)

    def fits(self, rows: Sequence[Mapping[str, object]]) -> list[str | None]:
        """For each row why it is not what the model can read, None when it is."""
        checks = self._unfit_checks
        return [reason_unfit(row, checks) for row in rows]

    def unusable(self, rows: Sequence[Mapping[str, object]]) -> list[Reason | None]:
        """For each row why its score may not be used: unreadable, or like nothing it learned from."""
        return self.scored(rows)[1]

    def scored(self, rows: Sequence[Mapping[str, object]]) -> tuple[np.ndarray, list[Reason | None]]:
        """Both `predict_proba` and `unusable`, reading each row once."""
        texts = self._read_texts(rows)
        raw = self._raw(rows, texts)
        unusable = [None if misfit is None else Reason.UNFIT_INPUT for misfit in self.fits(rows)]
        if self.familiar is not None and len(rows):
            by_field = {
                name: next(read for read, block in zip(texts, self.texts, strict=True) if block is reader)
                for name, reader in read_by(self.texts).items()
            }
            strange = self.familiar.strange(self._parts(raw, by_field), by_field)
            for i in np.flatnonzero(strange).tolist():
                unusable[i] = unusable[i] or Reason.UNFAMILIAR
        return self.proba_of(self._logits_of(raw, texts)), unusable

    def _parts(self, raw: np.ndarray, texts: Mapping[str, ReadTexts]) -> dict[str, np.ndarray]:
        """The raw columns of each part of a case that is compared by its distance."""
        parts = {TABLE: raw[:, : len(self.table.codes)]}
        begin = raw.shape[1] - sum(block.width for block in self.media)
        for block in self.media:
            parts[block.name] = raw[:, begin : begin + block.width]
            begin += block.width
        return parts | {name: read.vectors for name, read in texts.items() if read.vectors is not None}


def read_by(texts: Sequence[Text]) -> dict[str, Text]:
    """The block by which each text field is compared with what is familiar: one that counts words, if any."""
    found: dict[str, Text] = {}
    for block in texts:
        if block.name not in found or (block.counts_words and not found[block.name].counts_words):
            found[block.name] = block
    return found


def softmax(logits: np.ndarray, none: float | None = None) -> np.ndarray:
    """Probabilities of logits (n_rows, n_classes), safe for large ones; NaN stays NaN.

    `none` is the logit of "none of these": what it takes is missing from the row's sum.
    """
    top = logits.max(axis=1, keepdims=True)
    if none is None:
        likelihood: np.ndarray = np.exp(logits - top)
        likelihood /= likelihood.sum(axis=1, keepdims=True)
        return likelihood
    top = np.maximum(top, none)
    likelihood = np.exp(logits - top)
    likelihood /= likelihood.sum(axis=1, keepdims=True) + np.exp(none - top)
    return likelihood
