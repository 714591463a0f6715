"""Counts in fixed bins add up, keep apart what is not a value, and forget nothing."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.drift.cells import CategoryCells, NumberCells, cells_from_json, number_or_none

numbers = st.lists(
    st.one_of(st.none(), st.floats(allow_infinity=False), st.integers(-5, 5).map(float)), max_size=60
)
words = st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "c", "d", "é"])), max_size=60)


@given(numbers, numbers, st.integers(0, 1_000))
def test_numbers_count_the_same_in_any_order_and_any_shards(
    reference: list[float | None], values: list[float | None], seed: int
) -> None:
    cells = NumberCells.learn([value for value in reference if value is not None], n_bins=8)
    shuffled = random.Random(seed).sample(values, len(values))
    half = len(values) // 2
    whole = cells.count(values)
    assert (cells.count(shuffled[:half]) + cells.count(shuffled[half:])).tobytes() == whole.tobytes()
    assert whole.sum() == len(values)
    assert whole[-1] == sum(value is None for value in values)
    assert whole[-2] == sum(value is not None and value != value for value in values)


@given(words, words, st.integers(0, 1_000))
def test_values_count_the_same_in_any_order_and_any_shards(
    reference: list[str | None], values: list[str | None], seed: int
) -> None:
    cells = CategoryCells.learn(reference, max_values=2)
    shuffled = random.Random(seed).sample(values, len(values))
    half = len(values) // 2
    whole = cells.count(values)
    assert (cells.count(shuffled[:half]) + cells.count(shuffled[half:])).tobytes() == whole.tobytes()
    assert whole.sum() == len(values)
    known = {value for value in reference if value is not None}
    assert whole[-2] == sum(value is not None and value not in known for value in values)
    assert len(cells.names) == len(whole)


@given(numbers)
def test_cells_come_back_as_they_were_stored(reference: list[float | None]) -> None:
    cells = NumberCells.learn([value for value in reference if value is not None])
    assert cells_from_json(cells.to_json()) == cells
    assert len(cells.names) == cells.n_proper + 2


def test_categories_come_back_as_they_were_stored() -> None:
    cells = CategoryCells.learn(["web", "web", "post", "fax"], max_values=2)
    assert cells.values == ("web", "fax")
    assert cells_from_json(cells.to_json()) == cells
    with pytest.raises(ValueError, match="neither cuts nor values"):
        cells_from_json({})


def test_bins_hold_equal_parts_of_what_they_were_learned_from() -> None:
    reference = np.random.default_rng(1).normal(size=6_400)
    counts = NumberCells.learn(reference).count(reference)
    assert counts[:64].tolist() == [100] * 64


def test_a_value_that_most_cases_share_has_a_bin_of_its_own() -> None:
    reference = [0.0] * 90 + [float(n) for n in range(1, 11)]
    cells = NumberCells.learn(reference)
    assert cells.count([0.0, 0.0, -1.0, 0.5])[:3].tolist() == [1, 2, 1]
    assert cells.cuts[1] == 0.0


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_what_was_always_the_same_is_seen_to_rise_and_to_fall(was: float, now: float) -> None:
    cells = NumberCells.learn([was] * 100)
    assert (cells.count([was]).tolist() == cells.count([now]).tolist()) == (was == now)


def test_a_value_that_recurs_is_told_from_what_lies_between_it_and_the_next() -> None:
    cells = NumberCells.learn([0.0] * 60 + [100.0] * 40)
    places = [int(cells.count([value]).argmax()) for value in (-1.0, 0.0, 50.0, 100.0, 101.0)]
    assert places == [0, 1, 2, 3, 4]
    assert NumberCells.learn([float(n % 50) for n in range(1000)]).n_proper == 51, "none of them recurs often"


def test_cuts_that_do_not_increase_are_refused() -> None:
    with pytest.raises(ValueError, match="increase"):
        NumberCells((1.0, 1.0))


def test_infinite_values_fall_into_the_outer_bins() -> None:
    counts = NumberCells((0.0, 1.0)).count([float("-inf"), float("inf"), 0.5])
    assert counts.tolist() == [1, 1, 1, 0, 0]


def test_what_is_no_number_is_neither_missing_nor_a_number() -> None:
    assert number_or_none(None) is None
    assert number_or_none(7) == 7.0
    assert all(np.isnan(number_or_none(value)) for value in ("7", True, [], float("nan")))
