"""Models to artifacts and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from science.fields import BadSchema, Kind, Schema
from science.serving.artifact import pack, unpack
from science.serving.cascade import Cascade
from science.serving.errors import BadArtifact
from science.serving.expand import Expansion
from science.serving.familiar import TABLE, Familiar
from science.serving.sentences import SentenceBlock
from science.serving.served_model import Linear, MediaBlock, ServedModel, Text, read_by
from science.serving.source import SourceModel
from science.serving.table import Column, Table
from science.serving.text import TextBlock
from science.serving.trees import Trees
from science.serving.vectors import VectorBlock

_READERS: dict[object, type[Text]] = {None: TextBlock, "sentences": SentenceBlock, "vectors": VectorBlock}
Scorer = ServedModel | SourceModel | Cascade
VERSION = "served/2"  # raise it with every change of tokens, features or layout
SOURCE_VERSION = "source/1"
CASCADE_VERSION = "cascade/1"


def save_source(model: SourceModel) -> bytes:
    """The artifact of a model elsewhere: its calibrator; the same one gives the same bytes."""
    meta = {
        "version": SOURCE_VERSION,
        "labels": list(model.labels),
        "schema": model.schema.to_json(),
        "source": model.source,
        "about": dict(model.about),
        "temperature": model.temperature,
    }
    return pack(meta, {"bias": model.bias})


def save_cascade(labels: Sequence[str], threshold: float, *, first: bytes, second: bytes) -> bytes:
    """The artifact of a cascade: those of its two models, and where the second begins."""
    meta = {"version": CASCADE_VERSION, "labels": list(labels), "threshold": threshold}
    parts = {"first": first, "second": second}
    return pack(meta, {name: np.frombuffer(part, dtype=np.uint8) for name, part in parts.items()})


def save_model(served: ServedModel) -> bytes:
    """The artifact of a model; the same model gives the same bytes."""
    arrays: dict[str, np.ndarray] = {"background": served.background}
    texts = []
    for i, block in enumerate(served.texts):
        meta, part = block.to_parts(f"text{i}")
        texts.append(meta)
        arrays |= part
    if isinstance(served.head, Linear):
        arrays |= served.head.expansion.to_arrays()
        arrays |= {"linear.weights": served.head.weights, "linear.intercept": served.head.intercept}
    else:
        arrays |= served.head.to_arrays()
    meta = {
        "version": VERSION,
        "labels": list(served.labels),
        "schema": served.schema.to_json(),
        "table": [column.to_json() for column in served.table.columns],
        "texts": texts,
        "media": [
            {"name": block.name, "kind": block.kind.value, "side": block.side, "width": block.width}
            for block in served.media
        ],
        "head": "linear" if served.is_linear else "trees",
        "typical": served.typical,
    }
    if served.familiar is not None:
        meta["familiar"], part = served.familiar.to_parts()
        arrays |= part
    if served.none is not None:
        meta["none"] = served.none
    return pack(meta, arrays)


def load_model(artifact: bytes) -> ServedModel:
    """The model in an artifact. Needs NumPy and Pillow, never scikit-learn.

    Raises:
        BadArtifact: the file is damaged, hostile, or of another version.
    """
    loaded = load_scorer(artifact)
    if not isinstance(loaded, ServedModel):
        raise BadArtifact("made for scores from elsewhere, not a model")
    return loaded


def load_scorer(artifact: bytes) -> Scorer:
    """What scores the cases of a release: a model, the calibrator of one elsewhere, or both in a row.

    Raises:
        BadArtifact: the file is damaged, hostile, or of another version.
    """
    meta, arrays = unpack(artifact)
    try:
        if meta["version"] == SOURCE_VERSION:
            return _source(meta, arrays)
        if meta["version"] == CASCADE_VERSION:
            return _cascade(meta, arrays)
        if meta["version"] != VERSION:
            raise BadArtifact(f"made for {meta['version']!r}, this is {VERSION!r}: train the model again")
        return _served(meta, arrays)
    except BadArtifact:
        raise
    except BadSchema as fault:
        raise BadArtifact(f"the schema cannot be read: {fault}") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as fault:
        raise BadArtifact(f"the parts do not fit together ({type(fault).__name__})") from None


def _source(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> SourceModel:
    schema, labels = _schema_and_labels(meta)
    temperature, bias = float(meta["temperature"]), arrays["bias"]
    n_outputs = 1 if len(labels) == 2 else len(labels)
    if bias.shape != (n_outputs,) or not (np.isfinite(bias).all() and 0 < temperature < np.inf):
        raise BadArtifact("a calibrator of another shape, or without a finite number")
    return SourceModel(
        labels, schema, schema.sha256(), str(meta["source"]), dict(meta["about"]), temperature, bias
    )


def _cascade(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> Cascade:
    first, second = load_scorer(arrays["first"].tobytes()), load_scorer(arrays["second"].tobytes())
    if not isinstance(first, ServedModel) or not isinstance(second, SourceModel):
        raise BadArtifact("a cascade of other parts than a model and one elsewhere")
    if first.schema_sha256 != second.schema_sha256:
        raise BadArtifact("a cascade of models for other fields or labels")
    labels, threshold = tuple(map(str, meta["labels"])), float(meta["threshold"])
    if set(labels) != {*first.labels, *second.labels} or len(set(labels)) != len(labels):
        raise BadArtifact("a cascade for other labels than those of its models")
    if not 0 < threshold <= 1:
        raise BadArtifact("a cascade without a place where the second begins")
    return Cascade(labels, first.schema, first.schema_sha256, first, second, threshold)


def _schema_and_labels(meta: dict[str, Any]) -> tuple[Schema, tuple[str, ...]]:
    schema = Schema.from_json(meta["schema"])
    labels = tuple(map(str, meta["labels"]))
    if len(labels) < 2 or len(set(labels)) != len(labels) or not set(labels) <= set(schema.labels):
        raise BadArtifact("the labels do not belong to the schema")
    return schema, labels


def _served(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> ServedModel:
    schema, labels = _schema_and_labels(meta)
    table = Table(tuple(Column.from_json(column) for column in meta["table"]))
    texts = tuple(_text(part, arrays, f"text{i}") for i, part in enumerate(meta["texts"]))
    media = tuple(
        MediaBlock(str(part["name"]), Kind(part["kind"]), int(part["side"]), int(part["width"]))
        for part in meta["media"]
    )
    _check_fields(schema, table, texts, media)
    n_outputs = 1 if len(labels) == 2 else len(labels)
    if any(block.n_outputs != n_outputs for block in texts):
        raise BadArtifact("a text block for another number of labels")
    n_text = 0 if meta["head"] == "linear" else n_outputs * len(texts)
    codes = np.array([*table.codes, *[0] * (n_text + sum(block.width for block in media))], dtype=np.int64)
    if meta["head"] != "linear" and not all(isinstance(block, TextBlock) for block in texts):
        raise BadArtifact("trees over what a text means")
    head = _linear(arrays, codes, n_outputs) if meta["head"] == "linear" else _trees(arrays, codes, n_outputs)
    background = arrays["background"]
    if background.ndim != 2 or background.shape[1] != len(codes) or background.dtype != np.float64:
        raise BadArtifact("background rows of another shape")
    for column, n in enumerate(codes):
        values = background[:, column]
        if n and not ((values >= 0) & (values < n) | np.isnan(values)).all():
            raise BadArtifact("background rows with unknown categories")
    none = None if meta.get("none") is None else float(meta["none"])
    if none is not None and not math.isfinite(none):
        raise BadArtifact("the logit of none of the labels is no finite number")
    familiar = _familiar(meta, arrays, table, texts, media)
    return ServedModel(
        labels,
        schema,
        schema.sha256(),
        table,
        texts,
        media,
        head,
        background,
        meta["typical"],
        VERSION,
        none,
        familiar,
    )


def _familiar(
    meta: dict[str, Any],
    arrays: dict[str, np.ndarray],
    table: Table,
    texts: tuple[Text, ...],
    media: tuple[MediaBlock, ...],
) -> Familiar | None:
    if "familiar" not in meta:
        return None
    codes = {block.name: [0] * block.width for block in media}
    readers = read_by(texts)
    codes |= {name: [0] * len(block.idf) for name, block in readers.items() if not block.counts_words}
    codes |= {TABLE: table.codes} if table.columns else {}
    familiar = Familiar.from_parts(meta["familiar"], arrays, codes)
    if familiar.usual.keys() != {name for name, block in readers.items() if block.counts_words}:
        raise BadArtifact("familiar texts of other fields")
    return familiar


def _text(part: dict[str, Any], arrays: dict[str, np.ndarray], prefix: str) -> Text:
    return _READERS[part.get("reader")].from_parts(part, arrays, prefix)


def _check_fields(
    schema: Schema, table: Table, texts: tuple[Text, ...], media: tuple[MediaBlock, ...]
) -> None:
    kinds = {field.name: field.kind for field in schema.fields}
    parts = [(column.name, column.kind) for column in table.columns]
    parts += [(block.name, block.kind) for block in media]
    read = {field.name for field in schema.fields if field.kind.traits.family == "text"}
    by_words = [block.name for block in texts if isinstance(block, TextBlock)]
    by_meaning = [block.name for block in texts if not isinstance(block, TextBlock)]
    columns = [name for name, _ in parts]
    is_foreign = any(kinds.get(name) is not kind for name, kind in parts)
    if (
        is_foreign
        or any(block.name not in read for block in texts)
        or not all(len(set(names)) == len(names) for names in (columns, by_words, by_meaning))
    ):
        raise BadArtifact("a part that belongs to no field")
    if any(not (16 <= block.side <= 1024 and 1 <= block.width <= 10_000) for block in media):
        raise BadArtifact("a media block of impossible size")


def _linear(arrays: dict[str, np.ndarray], codes: np.ndarray, n_outputs: int) -> Linear:
    expansion = Expansion.from_arrays(arrays)
    weights, intercept = arrays["linear.weights"], arrays["linear.intercept"]
    if not np.array_equal(expansion.codes, codes) or weights.shape != (n_outputs, expansion.width):
        raise BadArtifact("weights of another shape")
    if intercept.shape != (n_outputs,) or not (np.isfinite(weights).all() and np.isfinite(intercept).all()):
        raise BadArtifact("a weight is missing or not a finite number")
    return Linear(expansion, weights, intercept)


def _trees(arrays: dict[str, np.ndarray], codes: np.ndarray, n_outputs: int) -> Trees:
    trees = Trees.from_arrays(arrays, len(codes))
    if trees.n_outputs != n_outputs:
        raise BadArtifact("trees for another number of labels")
    return trees
