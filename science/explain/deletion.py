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
from science.serving.served_model import ServedModel, softmax
from science.serving.text import TextBlock

MAX_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Deletion:
    """One word with its places in one field."""

    field: str
    quote: str
    places: tuple[tuple[int, int], ...]


def word_flips(plan: ServedModel, row: Mapping[str, object], *, target: str) -> list[dict[str, Any]]:
    """At most one proposal: ``{"changes": [{"path", "without"}], "label", "p"}``.

    `without` is a word as the text writes it first; every place of it goes. `label` is what the model would
    say then and `p` what would be left of the target's probability. Empty where three words do not turn the
    answer, or no text may lose any.

    Parameters
    ----------
    target: what the model says of the case now.
    """
    blocks = _blocks(plan)
    k = plan.labels.index(target)
    made: list[_Deletion] = []
    changed = dict(row)
    while blocks and len(made) < MAX_WORDS:
        found = _best(plan, changed, blocks, k)
        if found is None:
            return []
        deletion, is_turned = found
        made.append(deletion)
        changed = _blanked(changed, deletion)
        if is_turned:
            return _proposal(plan, row, _needed(plan, row, made, k), k)
    return []


def _blocks(plan: ServedModel) -> list[TextBlock]:
    """The text fields that may lose words, as far as the closed form knows how."""
    fields = {field.name: field for field in plan.fields}
    return [
        block
        for block in plan.texts
        if isinstance(block, TextBlock) and fields[block.name].mutable and fields[block.name].show
    ]


def _best(
    plan: ServedModel, row: Mapping[str, object], blocks: list[TextBlock], k: int
) -> tuple[_Deletion, bool] | None:
    """The word without which least is left of column k, and whether that turns the answer.

    None where no word speaks for it.
    """
    best: tuple[float, _Deletion, bool] | None = None
    now = float(plan.predict_proba([row])[0, k])
    if np.isnan(now):
        return None
    for block in blocks:
        found = without_each_word(block, row.get(block.name))
        if found is None:
            continue
        proba = softmax(_logits(plan, row, block, found.outputs))
        at = int(np.argmin(proba[:, k]))
        p = float(proba[at, k])
        if p < (now if best is None else best[0]):
            places = tuple(found.places[at])
            start, end = places[0]
            quote = str(row[block.name])[start:end]
            best = p, _Deletion(block.name, quote, places), int(proba[at].argmax()) != k
    return None if best is None else best[1:]


def _logits(
    plan: ServedModel, row: Mapping[str, object], block: TextBlock, outputs: np.ndarray
) -> np.ndarray:
    """Logits (n, n_classes) of the row with each of these (n, n_outputs) for the outputs of one text."""
    raw = plan.raw([row])
    if not plan.is_linear:
        first = plan.raw_groups.index(block.name)
        variants = np.tile(raw, (len(outputs), 1))
        variants[:, first : first + block.n_outputs] = outputs
        return plan.as_logits(plan.outputs_of(variants))
    others = plan.outputs_of(raw)[0] + sum(
        other.outputs([row.get(other.name)])[0] for other in plan.texts if other is not block
    )
    return plan.as_logits(others + outputs)


def _blanked(row: Mapping[str, object], deletion: _Deletion) -> dict[str, object]:
    text = str(row[deletion.field])
    for start, end in deletion.places:
        text = text[:start] + " " * (end - start) + text[end:]
    return {**row, deletion.field: text}


def _needed(plan: ServedModel, row: Mapping[str, object], made: list[_Deletion], k: int) -> list[_Deletion]:
    """Put back words that were taken on the way and need not be missing in the end."""
    for deletion in list(made[:-1]):
        rest = [other for other in made if other is not deletion]
        if _without(plan, row, rest).argmax() != k:
            made = rest
    return made


def _without(plan: ServedModel, row: Mapping[str, object], made: list[_Deletion]) -> np.ndarray:
    """Probabilities (n_classes,) of the row without these words, scored as any case is."""
    changed = dict(row)
    for deletion in made:
        changed = _blanked(changed, deletion)
    return np.asarray(plan.predict_proba([changed])[0])


def _proposal(
    plan: ServedModel, row: Mapping[str, object], made: list[_Deletion], k: int
) -> list[dict[str, Any]]:
    proba = _without(plan, row, made)
    best = int(proba.argmax())
    if best == k:  # never seen: the closed form gives the same numbers
        return []
    changes = [{"path": deletion.field, "without": deletion.quote} for deletion in made]
    return [{"changes": changes, "label": plan.labels[best], "p": float(proba[k])}]
