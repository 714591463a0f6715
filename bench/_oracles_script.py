"""SHAP and LIME on our models, run by the peers' interpreter with `science` on its path."""

import base64
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from science.serving import load_model
from science.serving.analyzer import Analyzer
from science.serving.served_model import ServedModel

_WORD = Analyzer("word", 1, 1)
_SAMPLES = 1000  # of LIME, a fifth of its default
Places = list[list[tuple[str, int, int]]]
_served: list[ServedModel] = []  # the one that was sent last


def _words_of(row: Any) -> list[tuple[str, str, int, int]]:
    """Every word of a row's texts: field, word, start, end."""
    found = []
    for part, text in row.items():
        if isinstance(text, str):
            found += [(part, *span) for span in _WORD.words(text)]
    return found


def _grouped(row: Any, score: dict[tuple[str, str], float], most: int = 5) -> Places:
    places: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    for part, word, start, end in _words_of(row):
        places.setdefault((part, word), []).append((part, start, end))
    ranked = sorted(places, key=lambda key: -score.get(key, 0.0))[:most]
    return [places[key] for key in ranked if score.get(key, 0.0) > 0]


def shap_words(served: ServedModel, row: Any) -> Places:
    """`shap.LinearExplainer` on the TF-IDF features (against the empty text), words ranked by their sum."""
    import shap
    from scipy import sparse

    proba = served.predict_proba([row])[0]
    sign = 1.0 if int(proba.argmax()) == 1 else -1.0
    score: dict[tuple[str, str], float] = {}
    for block in served.texts:
        _, ids, values = block.features([row[block.name]])
        x = sparse.csr_matrix((values, (np.zeros(len(ids), int), ids)), shape=(1, len(block.idf)))
        empty = sparse.csr_matrix(x.shape)
        explainer = shap.LinearExplainer((block.weights[:, 0], 0.0), empty)
        shown = np.asarray(explainer.shap_values(x)).reshape(1, -1)[0]
        by_name = {name: float(shown[i]) * sign for i, name in _names(block, ids).items()}
        for name, value in by_name.items():
            parts = name.split(" ")
            for word in parts:
                key = (block.name, word)
                score[key] = score.get(key, 0.0) + value / len(parts)
    return _grouped(row, score)


def _names(block: Any, ids: np.ndarray) -> dict[int, str]:
    words = block.words
    return {int(i): words[int(i)] for i in ids if i < len(words)}


def lime_words(served: ServedModel, row: Any) -> Places:
    """LIME on the row's words: words taken out at random, a weighted ridge regression on what is left."""
    from lime.lime_text import LimeTextExplainer

    words = _words_of(row)
    keys = list(dict.fromkeys((part, word) for part, word, _, _ in words))
    tokens = [f"w{i}" for i in range(len(keys))]
    if not tokens:
        return []
    place = dict(zip(tokens, keys, strict=True))

    def predict(texts: list[str]) -> np.ndarray:
        variants = []
        for text in texts:
            kept = {place[token] for token in text.split() if token in place}
            changed = dict(row)
            for part, word, start, end in words:
                if (part, word) not in kept:
                    changed[part] = changed[part][:start] + " " * (end - start) + changed[part][end:]
            variants.append(changed)
        return served.predict_proba(variants)

    k = int(served.predict_proba([row])[0].argmax())
    explainer = LimeTextExplainer(class_names=list(served.labels), split_expression=r"\s+", random_state=0)
    found = explainer.explain_instance(
        " ".join(tokens), predict, labels=(k,), num_features=10, num_samples=_SAMPLES
    )
    return _grouped(row, {place[token]: weight for token, weight in found.as_list(label=k)})


def shap_table(served: ServedModel, row: Any) -> np.ndarray:
    """`shap.PermutationExplainer` over raw columns and the same background."""
    import shap

    explainer = shap.PermutationExplainer(
        lambda raw: served.outputs_of(np.asarray(raw, dtype=np.float64))[:, 0],
        shap.maskers.Independent(served.background, max_samples=len(served.background)), seed=0,
    )  # fmt: skip
    return np.asarray(explainer(served.raw([row]), silent=True).values[0])


def read(served: str) -> None:
    """Take a served model, as base64 of its file, for the questions to come."""
    _served[:] = [load_model(base64.b64decode(served))]


def each(way: str, rows: list[Any], timed: int) -> dict[str, Any]:
    """Explain every row one of the ways; with it the CPU ms of the first `timed`, the best of three."""
    ways: dict[str, Callable[[ServedModel, Any], Any]] = {
        "shap_words": shap_words,
        "lime_words": lime_words,
        "shap_table": lambda served, row: shap_table(served, row).tolist(),
    }
    explain, (served,) = ways[way], _served
    found = [explain(served, row) for row in rows]
    turns = [[_milliseconds(lambda row=row: explain(served, row)) for row in rows[:timed]] for _ in range(3)]  # type: ignore[misc]
    return {"found": found, "ms": np.min(turns, axis=0).tolist()}


def _milliseconds(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return (time.process_time() - start) * 1000


def reply(what: str, **question: Any) -> Any:
    """Answer one question."""
    ways: dict[str, Callable[..., Any]] = {"read": read, "each": each}
    return ways[what](**question)


if __name__ == "__main__":
    from bench._peer_answers import answer

    answer(reply)
