"""What the benchmark of the desk calls flat, and what it says where no browser is."""

from bench import _tab
from bench._tab import Memory
from bench.desk import FULL, _growth, _no_browser, _p95


def test_a_tab_that_holds_a_tenth_more_is_flat_and_one_that_holds_more_is_not() -> None:
    before = Memory(heap_mb=2.0, nodes=500, listeners=100)
    flat = _growth(before, Memory(heap_mb=2.1, nodes=540, listeners=100), FULL)
    assert [row.met for row in flat] == [True, True, True]
    leaking = _growth(before, Memory(heap_mb=2.3, nodes=40_500, listeners=1_000), FULL)
    assert [row.met for row in leaking] == [False, False, False]


def test_the_figure_held_against_the_bar_is_the_95th_percentile() -> None:
    row = _p95("keys", [10.0] * 90 + [200.0] * 10, bar=100)
    assert (row.measured, row.low, row.high, row.met) == (200.0, 10.0, 200.0, False)
    assert _p95("keys", [10.0] * 96 + [200.0] * 4, bar=100).met is True


def test_a_missing_browser_is_named(monkeypatch) -> None:
    monkeypatch.setattr(_tab, "find_browser", lambda: None)
    missing = _tab.why_no_browser()
    assert missing is not None
    row = _no_browser(missing)
    assert row.measured is None
    assert "Chromium" in row.note
