"""Rows of benchmarks: met or not met follows from the numbers, and the table says it."""

import json

from hitl.bench import report
from hitl.bench.rows import Row, absent, from_runs
from hitl.bench.table import table


def test_smaller_is_better_unless_said_otherwise() -> None:
    assert Row("cost", "ms", 1.4, bar=1.5, aim=1.0).met is True
    assert Row("cost", "ms", 1.4, bar=1.5, aim=1.0).reaches_aim is False
    assert Row("cost", "ms", 1.6, bar=1.5).met is False
    assert Row("rate", "1/s", 1.6, bar=1.5, more_is_better=True).met is True
    assert Row("floor", "ms", 1.6).met is None


def test_repeated_runs_give_their_median_between_their_extremes() -> None:
    row = from_runs("cost", "ms", [3.0, 1.0, 2.0, 9.0, 2.5])
    assert (row.measured, row.low, row.high) == (2.5, 1.0, 9.0)


def test_the_json_has_the_promised_keys() -> None:
    body = Row("cost", "ms", 1.0, 0.9, 1.1, bar=2.0, aim=0.5).as_json()
    assert {"name", "unit", "measured", "low", "high", "bar", "aim", "met"} <= set(body)
    json.dumps(body)


def test_a_peer_that_is_not_installed_is_named_with_its_command() -> None:
    shown = table([Row("cost", "ms", 2.0, bar=1.0), absent("peer: other", "pip install other")])
    assert "NO" in shown
    assert "pip install other" in shown


def test_every_benchmark_says_what_it_measures() -> None:
    found = report.names()
    assert {"intake", "queue"} <= set(found)
    assert all(found.values())
