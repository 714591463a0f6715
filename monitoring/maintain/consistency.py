"""Do people label alike cases alike? Pairs of cases that are the same, or nearly, and got different labels.

Which of two labels is right is not said here, and nobody is ranked: a pair that differs may be a mistake of
either, a case on the border, or a policy that leaves it open.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from models_store.rows import rows_for
from monitoring.maintain.evidence import Labelled
from science.agreement.alike import alike_pairs
from science.fields import Schema
from science.intervals import wilson_interval
from science.serving import ServedModel

SHOWN = 40
MIN_PAIRS = 20  # of a person with others; below them a share says nothing of the person
CONFIDENCE = 0.95

Pair = tuple[int, int, float]


def consistency_found(
    rows: Labelled, schema: Schema, served: ServedModel | None, progress: Callable[[float], None]
) -> dict[str, Any]:
    """Compare labels of alike cases; without a model that finds likeness, of equal ones alone."""
    pairs = list(_pairs(rows, schema, served, progress))
    differing = [pair for pair in pairs if rows.labels[pair[0]] != rows.labels[pair[1]]]
    between = Counter(tuple(sorted((rows.labels[a], rows.labels[b]))) for a, b, _ in differing)
    return {
        "labels": len(rows.labels),
        "pairs": len(pairs),
        "differing": len(differing),
        "between": [[*labels, n] for labels, n in between.most_common(SHOWN)],
        "shown": [
            {
                "cases": [str(rows.case_ids[a]), str(rows.case_ids[b])],
                "labels": [rows.labels[a], rows.labels[b]],
                "people": [rows.people[a], rows.people[b]],
                "likeness": round(likeness, 3),
            }
            for a, b, likeness in sorted(differing, key=lambda pair: (-pair[2], -pair[1]))[:SHOWN]
        ],
        "people": _people(rows, pairs),
    }


def _pairs(
    rows: Labelled, schema: Schema, served: ServedModel | None, progress: Callable[[float], None]
) -> Iterator[Pair]:
    """Pair each case with the case before it that is the same, else with the one most like it."""
    last: dict[bytes, int] = {}
    equal: set[int] = set()
    for place, sha256 in enumerate(rows.sha256):
        if sha256 in last:
            equal.add(place)
            yield last[sha256], place, 1.0
        last[sha256] = place
    if served is None:
        return
    # Of equal cases one is compared with those that are nearly the same.
    kept = [place for place in range(len(rows.sha256)) if place not in equal]
    contents = rows_for([rows.contents[place] for place in kept], schema)
    for pair in alike_pairs(served, contents, progress=progress):
        yield kept[pair.first], kept[pair.second], pair.likeness


def _people(rows: Labelled, pairs: list[Pair]) -> list[dict[str, Any]]:
    """Of each person with enough pairs, how many of those with other people differ; by name of nobody."""
    compared: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for a, b, _ in pairs:
        one, other = rows.people[a], rows.people[b]
        if one is None or other is None or one == other:
            continue
        for person in (one, other):
            compared[person][0] += 1
            compared[person][1] += rows.labels[a] != rows.labels[b]
    enough = {person: counts for person, counts in sorted(compared.items()) if counts[0] >= MIN_PAIRS}
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(enough))
    found = []
    for person, (n, differ) in enough.items():
        low, high = wilson_interval(differ / n, n, confidence)
        found.append({"person": person, "n": n, "differ": differ, "low": low, "high": high})
    return found
