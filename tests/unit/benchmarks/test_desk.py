"""What the benchmark of the desk calls flat, and what it says where no browser is."""

from bench import _tab
from bench._tab import Memory
from bench.desk import FULL, _growth, _no_browser, _over


def test_a_tab_that_holds_a_tenth_more_is_flat_and_one_that_holds_more_is_not() -> None:
    before = Memory(heap_mb=2.0, nodes=500, listeners=100)
    flat = _growth(before, Memory(heap_mb=2.1, nodes=540, listeners=100), FULL)
    assert [row.met for row in flat] == [True, True, True]
    leaking = _growth(before, Memory(heap_mb=2.3, nodes=40_500, listeners=1_000), FULL)
    assert [row.met for row in leaking] == [False, False, False]


def test_the_95th_percentile_is_held_against_that_of_the_floor() -> None:
    floor = [10.0] * 100
    row = _over("keys", [20.0] * 90 + [200.0] * 10, floor, block=50, bar=4)
    assert (row.measured, row.low, row.high, row.met) == (20.0, 2.0, 20.0, False)
    assert _over("keys", [20.0] * 96 + [200.0] * 4, floor, block=50, bar=4).met is True


def test_where_no_key_was_timed_nothing_is_held_against_the_bar() -> None:
    assert _over("keys", [], [10.0], block=50, bar=4).met is None


def test_a_missing_browser_is_named(monkeypatch) -> None:
    monkeypatch.setattr(_tab, "find_browser", lambda: None)
    missing = _tab.why_no_browser()
    assert missing is not None
    row = _no_browser(missing)
    assert row.measured is None
    assert "Chromium" in row.note
