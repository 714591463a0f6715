"""The fewest words without which a text would be answered otherwise: found in closed form, and scored again.

Greedy: of all words the one without which least is left of the answer, and on from the text without it, three
at most (greedy deletion, as in Li, Monroe and Jurafsky, "Understanding neural networks through representation
erasure", 2016); every proposal is scored by the model as a whole before anybody sees it. Only fields that are
`mutable` and may be shown lose words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from science.explain.without import without_each_word
from science.serving.served_model import ServedModel
from science.serving.text import TextBlock
from science.serving.vectors import VectorBlock

Readable = TextBlock | VectorBlock

MAX_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Deletion:
    """One word with its places in one field."""

    field: str
    quote: str
    places: tuple[tuple[int, int], ...]


def word_flips(served: ServedModel, row: Mapping[str, object], *, target: str) -> list[dict[str, Any]]:
    """At most one proposal: ``{"changes": [{"path", "without"}], "label", "p"}``.

    `without` is a word as the text writes it first; every place of it goes. `label` is what the model would
    say then and `p` what would be left of the target's probability. Empty where three words do not turn the
    answer, or no text may lose any.

    Parameters
    ----------
    target: what the model says of the case now.
    """
    blocks = _blocks(served)
    k = served.labels.index(target)
    made: list[_Deletion] = []
    changed = dict(row)
    while blocks and len(made) < MAX_WORDS:
        found = _best(served, changed, blocks, k)
        if found is None:
            return []
        deletion, is_turned = found
        made.append(deletion)
        changed = _blanked(changed, deletion)
        if is_turned:
            return _proposal(served, row, _needed(served, row, made, k), k)
    return []


def _blocks(served: ServedModel) -> list[list[Readable]]:
    """The text fields that may lose words, as far as the closed form knows how: all that reads each."""
    fields = {field.name: field for field in served.fields}
    found: dict[str, list[Readable]] = {}
    for block in served.texts:
        if not isinstance(block, TextBlock | VectorBlock):
            return []
        if fields[block.name].mutable and fields[block.name].show:
            found.setdefault(block.name, []).append(block)
    return list(found.values())


def _best(
    served: ServedModel, row: Mapping[str, object], blocks: list[list[Readable]], k: int
) -> tuple[_Deletion, bool] | None:
    """The word without which least is left of column k, and whether that turns the answer.

    None where no word speaks for it.
    """
    best: tuple[float, _Deletion, bool] | None = None
    now = float(served.predict_proba([row])[0, k])
    if np.isnan(now):
        return None
    for readers in blocks:
        name = readers[0].name
        without = [without_each_word(block, row.get(name)) for block in readers]
        found = without[0]
        if found is None:
            continue
        outputs = np.sum([one.outputs for one in without if one is not None], axis=0)
        proba = served.proba_of(_logits(served, row, name, outputs))
        at = int(np.argmin(proba[:, k]))
        p = float(proba[at, k])
        if p < (now if best is None else best[0]):
            places = tuple(found.places[at])
            start, end = places[0]
            quote = str(row[name])[start:end]
            best = p, _Deletion(name, quote, places), int(proba[at].argmax()) != k
    return None if best is None else best[1:]


def _logits(served: ServedModel, row: Mapping[str, object], name: str, outputs: np.ndarray) -> np.ndarray:
    """Logits (n, n_classes) of the row with each of these (n, n_outputs) for the outputs of one text."""
    raw = served.raw([row])
    if not served.is_linear:
        first = served.raw_groups.index(name)
        variants = np.tile(raw, (len(outputs), 1))
        variants[:, first : first + outputs.shape[1]] = outputs
        return served.as_logits(served.outputs_of(variants))
    others = served.outputs_of(raw)[0] + sum(
        other.outputs([row.get(other.name)])[0] for other in served.texts if other.name != name
    )
    return served.as_logits(others + outputs)


def _blanked(row: Mapping[str, object], deletion: _Deletion) -> dict[str, object]:
    text = str(row[deletion.field])
    for start, end in deletion.places:
        text = text[:start] + " " * (end - start) + text[end:]
    return {**row, deletion.field: text}


def _needed(served: ServedModel, row: Mapping[str, object], made: list[_Deletion], k: int) -> list[_Deletion]:
    """Put back words that were taken on the way and need not be missing in the end."""
    for deletion in list(made[:-1]):
        rest = [other for other in made if other is not deletion]
        if _without(served, row, rest).argmax() != k:
            made = rest
    return made


def _without(served: ServedModel, row: Mapping[str, object], made: list[_Deletion]) -> np.ndarray:
    """Probabilities (n_classes,) of the row without these words, scored as any case is."""
    changed = dict(row)
    for deletion in made:
        changed = _blanked(changed, deletion)
    return np.asarray(served.predict_proba([changed])[0])


def _proposal(
    served: ServedModel, row: Mapping[str, object], made: list[_Deletion], k: int
) -> list[dict[str, Any]]:
    proba = _without(served, row, made)
    best = int(proba.argmax())
    if best == k:  # never seen: the closed form gives the same numbers
        return []
    changes = [{"path": deletion.field, "without": deletion.quote} for deletion in made]
    return [{"changes": changes, "label": served.labels[best], "p": float(proba[k])}]
