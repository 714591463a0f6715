"""What a check of twenty fields costs elsewhere, run by the interpreters of the peers: CPU seconds."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from bench._peer_answers import answer

REPEAT = 3


def _data(fields: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.normal(size=(rows, fields)), rng.normal(size=(rows, fields))


def _evidently(then: np.ndarray, now: np.ndarray) -> None:
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    names = [f"field {i}" for i in range(then.shape[1])]
    definition = DataDefinition(numerical_columns=names)
    tables = [
        Dataset.from_pandas(pd.DataFrame(one, columns=names), data_definition=definition)
        for one in (now, then)
    ]
    Report([DataDriftPreset(method="ks")]).run(*tables).dict()


def _nannyml(then: np.ndarray, now: np.ndarray) -> None:
    import nannyml
    import pandas as pd

    names = [f"field {i}" for i in range(then.shape[1])]
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=names, continuous_methods=["kolmogorov_smirnov"], chunk_size=len(now)
    )
    calculator.fit(pd.DataFrame(then, columns=names))
    calculator.calculate(pd.DataFrame(now, columns=names))


def _alibi(then: np.ndarray, now: np.ndarray) -> None:
    from alibi_detect.cd import KSDrift

    KSDrift(then, p_val=0.05).predict(now)


WAYS: dict[str, tuple[str, Callable[[np.ndarray, np.ndarray], None]]] = {
    "Evidently": ("evidently", _evidently),
    "NannyML": ("nannyml", _nannyml),
    "Alibi Detect": ("alibi_detect", _alibi),
}


def reply(fields: int, rows: int) -> Any:
    """Return the CPU seconds of each peer that is here; the first turn, which imports it, does not count."""
    then, now = _data(fields, rows)
    found = {}
    for name, (package, check) in WAYS.items():
        if find_spec(package) is None:
            continue
        seconds = []
        for turn in range(REPEAT + 1):
            began = time.process_time()
            check(then, now)
            if turn:
                seconds.append(time.process_time() - began)
        found[name] = seconds
    return found


if __name__ == "__main__":
    answer(reply)
