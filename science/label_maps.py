"""Whether a label map is the right way round: tried on known answers, against the map that would fit best."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

CHANCE = 1 / 8  # with which so many answers would speak against the right map at most: three to nothing


@dataclass(frozen=True, slots=True)
class MapFit:
    """How a label map did on known answers.

    Attributes:
        n, right: known answers, and how many the declared map got right.
        best: the map that fits them best; the declared one where none fits better.
        best_right: how many that one got right.
        is_refuted: so many more that it is no chance (one-sided sign test on the answers that tell the two
            maps apart, at `CHANCE`).
    """

    n: int
    right: int
    best: dict[str, str]
    best_right: int
    is_refuted: bool


def fit_of(tops: Sequence[str], truth: Sequence[str], label_map: Mapping[str, str]) -> MapFit:
    """Compare the declared map with the one that says for each label what is most often true under it.

    Parameters
    ----------
    tops: of each known answer the label that the source holds likeliest, in its own words. truth: what it is,
        in the workflow's. label_map: the workflow's label for each of the source's.

    >>> tops, truth = ["yes"] * 10 + ["no"] * 10, ["spam"] * 9 + ["ham"] * 11
    >>> fit_of(tops, truth, {"yes": "spam", "no": "ham"}).is_refuted
    False
    >>> turned = fit_of(tops, truth, {"yes": "ham", "no": "spam"})
    >>> turned.is_refuted, turned.right, turned.best_right, turned.best
    (True, 1, 19, {'yes': 'spam', 'no': 'ham'})
    """
    true_under: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for top, label in zip(tops, truth, strict=True):
        true_under[top][label] += 1
    best = dict(label_map)
    for top, counts in true_under.items():
        commonest, n = counts.most_common(1)[0]
        if n > counts[label_map[top]]:
            best[top] = commonest
    pairs = list(zip(tops, truth, strict=True))
    declared = [label_map[top] == label for top, label in pairs]
    better = [best[top] == label for top, label in pairs]
    gained = sum(b and not d for b, d in zip(better, declared, strict=True))
    lost = sum(d and not b for b, d in zip(better, declared, strict=True))
    return MapFit(len(pairs), sum(declared), best, sum(better), _chance_of(gained, lost) <= CHANCE)


def _chance_of(gained: int, lost: int) -> float:
    """The chance of at least so many gains among the answers that differ, were the maps equally good."""
    n = gained + lost
    return float(sum(comb(n, k) for k in range(gained, n + 1)) / 2**n)
