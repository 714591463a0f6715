"""How far back a model learns: from all labels, unless the latest alone say the latest better."""

import numpy as np

from science.fields import Field, Kind, Schema
from science.pipelines.window import MIN_LATEST, window_start

SCHEMA = Schema(fields=tuple(Field(name, Kind.NUMBER) for name in ("a", "b")), labels=("no", "yes"))


def stream(n: int, turned_from: int | None, seed: int) -> tuple[list[dict[str, float]], list[str]]:
    """Return cases whose boundary turns by a right angle from a place on."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    which = np.where(np.arange(n) < (turned_from if turned_from is not None else n), 0, 1)
    score = x[np.arange(n), which]
    yes = rng.random(n) < 1 / (1 + np.exp(-5 * score))
    return [{"a": float(a), "b": float(b)} for a, b in x], ["yes" if one else "no" for one in yes]


def start_of(rows: list[dict[str, float]], labels: list[str], changed_at: int | None = None) -> int:
    n = len(rows)
    return window_start(
        rows, labels, SCHEMA, seed=1, weights=np.ones(n), groups=np.arange(n), changed_at=changed_at
    )


def test_where_nothing_has_changed_everything_teaches() -> None:
    assert [start_of(*stream(1_600, None, seed)) for seed in range(3)] == [0, 0, 0]
    assert start_of(*stream(1_600, None, 5), changed_at=1_300) == 0  # an alarm by itself is no reason


def test_after_an_alarm_that_was_right_only_what_came_since_teaches() -> None:
    rows, labels = stream(1_600, 1_400, 1)
    assert start_of(rows, labels, changed_at=1_400) == 1_400


def test_a_change_that_nobody_noticed_is_left_behind_all_the_same() -> None:
    rows, labels = stream(2_400, 1_200, 1)
    assert start_of(rows, labels) >= 1_200


def test_too_few_labels_are_not_parted() -> None:
    n = 2 * MIN_LATEST
    assert start_of(*stream(n, n // 2, 1)) == 0
    assert start_of(*stream(n, n - 20, 1), changed_at=n - 20) == 0
