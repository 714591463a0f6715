"""Where the model errs: by slices of fields, by what it says, by entity, and in groups of alike errors."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from models_store.rows import rows_for
from monitoring.maintain.evidence import Answered
from science.explain.clusters import clusters
from science.fields import Schema
from science.serving import ServedModel
from science.weak_slices import Named, weak_slices

MIN_OF_ENTITY = 10
MAX_ENTITIES = 200  # those with the most answers: every look widens all intervals
SHOWN = 12
MAX_CLUSTERED = 1_500
EXAMPLES = 5


def slices_found(rows: Answered, named: Sequence[Named]) -> dict[str, Any]:
    """Compare slices by the fields and by the model's label with the rest."""
    found = weak_slices(named, rows.wrong, rows.pi)
    return {
        "looks": len(found),
        "shown": [asdict(one) | {"examples": _examples(rows, named, one.words)} for one in found[:SHOWN]],
    }


def entities_found(rows: Answered) -> dict[str, Any]:
    """Compare what the cases belong to with the rest; an entity is named by one of its cases."""
    members: dict[str, list[int]] = defaultdict(list)
    for place, entity in enumerate(rows.entities):
        if entity:
            members[entity].append(place)
    largest = sorted(members, key=lambda one: (-len(members[one]), one))[:MAX_ENTITIES]
    named: list[Named] = []
    for entity in largest:
        own = np.zeros(len(rows.wrong), dtype=bool)
        own[members[entity]] = True
        named.append(("entity", str(rows.case_ids[members[entity][-1]]), own))
    found = weak_slices(named, rows.wrong, rows.pi, fewest=MIN_OF_ENTITY)
    shown = [one for one in found if one.excess > 0][:SHOWN]
    return {
        "n": len(members),
        "looks": len(found),
        "shown": [asdict(one) | {"examples": _examples(rows, named, one.words)} for one in shown],
    }


def clusters_found(rows: Answered, schema: Schema, served: ServedModel) -> list[dict[str, Any]]:
    """Group the latest errors that the model finds alike: what it took for what, and examples of each."""
    places = np.flatnonzero(rows.wrong)[::-1][:MAX_CLUSTERED]
    contents = rows_for([rows.contents[place] for place in places], schema)
    found = []
    for group in clusters(served, contents, least=3)[:SHOWN]:
        own = places[group]
        took: dict[tuple[str, str], int] = defaultdict(int)
        for place in own:
            took[rows.predicted[place], rows.said[place]] += 1
        (predicted, said), n = max(took.items(), key=lambda item: (item[1], item[0]))
        found.append(
            {
                "n": len(own),
                "predicted": predicted,
                "said": said,
                "n_so": n,
                "examples": [str(rows.case_ids[place]) for place in own[:EXAMPLES]],
            }
        )
    return found


def _examples(rows: Answered, named: Sequence[Named], words: str) -> list[str]:
    own = next(own for _, one, own in named if one == words)
    return [str(rows.case_ids[place]) for place in np.flatnonzero(own & rows.wrong)[::-1][:EXAMPLES]]
