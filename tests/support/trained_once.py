"""Models of tests that need one and do not look at how it was trained: trained once of the same labels.

The same labels give the same bytes (`test_the_same_labels_give_the_same_bytes`), so the second training of a
process can tell nothing that the first did not. What the service does with a model happens every time.
"""

import pickle
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from typing import Any

from science.fields import Schema
from science.pipelines import TrainedModel

_MODELS: dict[str, TrainedModel] = {}


def once(train: Callable[..., TrainedModel]) -> Callable[..., TrainedModel]:
    """Return a `train` that answers what it was asked before with what it made then."""

    def trained(
        rows: Sequence[Mapping[str, object]],
        labels: Sequence[str],
        schema: Schema,
        *,
        progress: Callable[[str], None] | None = None,
        **told: Any,
    ) -> TrainedModel:
        vectors = told.get("vectors")
        asked = told | {"vectors": vectors and vectors.sha256}
        key = sha256(pickle.dumps((list(rows), list(labels), schema, sorted(asked.items())))).hexdigest()
        if key not in _MODELS:
            _MODELS[key] = train(rows, labels, schema, progress=progress, **told)
        elif progress:
            progress("Trying what was tried before")
        return replace(_MODELS[key], report=deepcopy(_MODELS[key].report))

    return trained
