"""One candidate as a served model, without the comparison that `train` makes."""

from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from science.calibration import fit_bcts
from science.fields import Schema
from science.pipelines.candidates import Candidate
from science.pipelines.data import Data
from science.pipelines.fitting import fit
from science.pipelines.tablefit import typical_values
from science.pipelines.verify import largest_difference
from science.serving import ServedModel, load_model, save_model
from science.serving.vectors import WordVectors
from tests.unit.science.samples import Rows


def served_model_of(
    candidate: Candidate,
    rows: Rows,
    labels: Sequence[str],
    schema: Schema,
    *,
    vectors: WordVectors | None = None,
) -> ServedModel:
    """The candidate fitted on all rows, loaded back from its file and proved equal to scikit-learn."""
    known = tuple(label for label in schema.labels if label in labels)
    y = np.array([known.index(label) for label in labels])
    data = Data(rows, y, np.ones(len(rows)), known, schema, np.arange(len(rows)), vectors=vectors)
    everything = np.arange(len(rows))
    with threadpool_limits(limits=1):
        fitted = fit(candidate, data, everything, 1)
    calibration = fit_bcts(fitted.outputs, y)
    typical = typical_values(rows, labels, schema, known)
    served = load_model(save_model(fitted.to_served_model(data, calibration, everything[:50], typical)))
    gap, _ = largest_difference(fitted, calibration, served, rows)
    assert gap <= 1e-12
    return served
