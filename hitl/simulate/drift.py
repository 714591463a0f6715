"""Change the world of a file from some case on, in ways whose effect is known.

The rest of the file stays what it is: `flip` changes answers, `prior` and `covariate` draw other cases of the
same file. When and how much follows `science.worlds.drift`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cases.services.labelled import Labelled
from hitl.simulate.naive import FirstModel
from hitl.simulate.options import Drift
from science.worlds.drift import Risk, abrupt, gradual

SUREST = 0.1  # share of the cases whose answer flips
HARD = 1 / 3  # share of the cases that counts as hard
MOSTLY = 0.75  # chance that a case is a hard one under `covariate`


def change(
    items: Sequence[Labelled],
    drift: Drift,
    model: FirstModel,
    labels: Sequence[str],
    rng: np.random.Generator,
) -> list[Labelled]:
    """Return the cases as they come in under a drift; `model` is what the first release says of each."""
    n, at = len(items), drift.case - 1
    places = np.arange(n)
    slowly = drift.kind == "flip-slowly"
    when: Risk = gradual(0, 1, at=at, over=max(1, n - at)) if slowly else abrupt(0, 1, at=at)
    is_new = rng.random(n) < when(places)
    if drift.kind in ("flip", "flip-slowly"):
        return _flipped(items, is_new, model, labels)
    chosen = places.copy()
    rest = places[at:]
    if drift.kind == "prior":
        chosen[at:] = _reversed_mix(items, rest, labels, rng)
    else:
        chosen[at:] = _harder(rest, model, rng)
    return [replace(items[j], at=items[i].at) for i, j in enumerate(chosen.tolist())]


def _flipped(
    items: Sequence[Labelled], is_new: np.ndarray, model: FirstModel, labels: Sequence[str]
) -> list[Labelled]:
    """The cases that the model is surest of get the label after theirs: a pattern that can be learned."""
    scores = np.nan_to_num(model.scores, nan=-1.0)
    surest = np.zeros(len(items), dtype=bool)
    surest[np.argsort(-scores, kind="stable")[: round(SUREST * len(items))]] = True
    after = {label: labels[(i + 1) % len(labels)] for i, label in enumerate(labels)}
    return [
        replace(item, label=after[item.label]) if changes else item
        for item, changes in zip(items, is_new & surest, strict=True)
    ]


def _reversed_mix(
    items: Sequence[Labelled], rest: np.ndarray, labels: Sequence[str], rng: np.random.Generator
) -> np.ndarray:
    """Draw cases so that the labels change places in their order of frequency."""
    of_label = {label: [i for i in rest if items[i].label == label] for label in labels}
    counts = Counter({label: len(places) for label, places in of_label.items() if places})
    ranked = [label for label, _ in counts.most_common()]
    shares = np.array([counts[label] for label in reversed(ranked)]) / len(rest)
    drawn = rng.choice(len(ranked), size=len(rest), p=shares)
    return np.array([rng.choice(of_label[ranked[k]]) for k in drawn], dtype=np.intp)


def _harder(rest: np.ndarray, model: FirstModel, rng: np.random.Generator) -> np.ndarray:
    """Replace most cases by ones that the model is least sure of; what decides them stays the same."""
    scores = np.nan_to_num(model.scores[rest], nan=-1.0)
    hard = rest[np.argsort(scores, kind="stable")[: max(1, round(HARD * len(rest)))]]
    drawn = rng.choice(hard, size=len(rest))
    return np.where(rng.random(len(rest)) < MOSTLY, drawn, rest)
