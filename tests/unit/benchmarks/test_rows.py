"""Rows of benchmarks: met or not met follows from the numbers, and the table says it."""

import json

import pytest

from hitl.bench import report
from hitl.bench.rows import Row, absent, from_runs, is_time, ratio
from hitl.bench.table import table


def test_smaller_is_better_unless_said_otherwise() -> None:
    assert Row("cost", "x", 1.4, bar=1.5, aim=1.0).met is True
    assert Row("cost", "x", 1.4, bar=1.5, aim=1.0).reaches_aim is False
    assert Row("cost", "x", 1.6, bar=1.5).met is False
    assert Row("rate", "1/s", 1.6, bar=1.5, more_is_better=True).met is True
    assert Row("floor", "ms", 1.6).met is None


def test_repeated_runs_give_their_median_between_their_extremes() -> None:
    row = from_runs("cost", "ms", [3.0, 1.0, 2.0, 9.0, 2.5])
    assert (row.measured, row.low, row.high) == (2.5, 1.0, 9.0)


def test_a_ratio_is_the_median_of_pairs_and_not_the_quotient_of_medians() -> None:
    # the machine slowed down by ten after the first pair: the pairs do not notice
    row = ratio("cost", [2.0, 20.0, 30.0], [1.0, 10.0, 10.0], bar=2.5)
    assert (row.measured, row.low, row.high, row.unit) == (2.0, 2.0, 3.0, "x")
    assert row.met is True


@pytest.mark.parametrize(("floors", "why"), [([1.0], "2 runs beside 1"), ([1.0, 0.0], "more often")])
def test_a_ratio_without_a_floor_for_each_run_is_refused(floors: list[float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ratio("cost", [1.0, 1.0], floors)


@pytest.mark.parametrize("unit", ["ms", "ms CPU", "s CPU", "us", "µs", "ns", "min"])
def test_a_time_carries_neither_bar_nor_aim(unit: str) -> None:
    assert is_time(unit)
    assert Row("cost", unit, 1.0).met is None
    for held in ({"bar": 1.0}, {"aim": 1.0}):
        with pytest.raises(ValueError, match="a time has no bar"):
            Row("cost", unit, 1.0, **held)


@pytest.mark.parametrize("unit", ["", "x", "MB", "kB", "%", "cases", "cells", "points", "audits", "log-odds"])
def test_counts_shares_and_memory_may_have_a_bar(unit: str) -> None:
    assert not is_time(unit)
    assert Row("amount", unit, 1.0, bar=1.0).met is True


def test_the_json_has_the_promised_keys() -> None:
    body = Row("cost", "x", 1.0, 0.9, 1.1, bar=2.0, aim=0.5).as_json()
    assert {"name", "unit", "measured", "low", "high", "bar", "aim", "met"} <= set(body)
    json.dumps(body)


def test_a_peer_that_is_not_installed_is_named_with_its_command() -> None:
    shown = table([Row("cost", "x", 2.0, bar=1.0), absent("peer: other")])
    assert "NO" in shown
    assert "not installed: python3 manage.py bench --peers" in shown


def test_every_benchmark_says_what_it_measures() -> None:
    found = report.names()
    assert {"intake", "queue"} <= set(found)
    assert all(found.values())
