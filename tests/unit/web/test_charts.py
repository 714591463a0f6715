"""Geometry and words of the components."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl.web.charts import Plot, Series, bar, sparkline, table
from hitl.web.format import percent, size, time_ago

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHARES = st.floats(min_value=0, max_value=1)


@given(share=SHARES, low=SHARES, high=SHARES)
def test_a_bar_never_leaves_its_track_and_holds_its_interval(share: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    drawn = bar(share, low, high)
    assert 0 <= drawn["solid"] <= drawn["solid"] + drawn["span"] <= 100.01
    assert 0 <= drawn["point"] < 100


@pytest.mark.parametrize("share", [-1.0, 2.0, math.nan, math.inf])
def test_a_bar_of_an_impossible_share_is_empty_or_full(share: float) -> None:
    assert bar(share)["solid"] in (0.0, 100.0)


@given(st.lists(st.none() | st.floats(-1e9, 1e9), max_size=40))
def test_a_sparkline_stays_in_its_box_and_breaks_at_gaps(values: list[float | None]) -> None:
    drawn = sparkline(values)
    runs = sum(1 for i, v in enumerate(values) if v is not None and (i == 0 or values[i - 1] is None))
    assert drawn["line"].count("M") == runs
    numbers = [float(n) for n in drawn["line"].replace("M", " ").replace("L", " ").split()]
    assert all(0 <= x <= 100 for x in numbers[::2])
    assert all(0 <= y <= 32 for y in numbers[1::2])


def test_what_limits_a_sparkline_is_drawn_on_the_same_scale() -> None:
    drawn = sparkline([1.0, 2.0, None], [4.0, None, 4.0])
    assert drawn["against"] == "M0.0 1.0 L0.0 1.0 M100.0 1.0 L100.0 1.0"
    assert drawn["line"] == "M0.0 23.5 L50.0 16.0"
    assert sparkline([None], [0.5])["line"] == ""
    assert sparkline([0.5])["against"] == ""


def test_a_plot_writes_no_nan_and_its_table_says_intervals() -> None:
    plot = Plot(
        "Rate",
        "Hour",
        [0, 1],
        [Series("auto", [0.5, math.nan], low=[0.4, 0.1], high=[0.6, 0.2])],
        as_percent=True,
    )
    assert plot.to_json()["series"][0]["values"] == [0.5, None]
    assert table(plot) == [("0", ["50.00 % (40.00 % to 60.00 %)"], ""), ("1", ["– (10.00 % to 20.00 %)"], "")]


def test_a_plot_refuses_curves_of_another_length() -> None:
    with pytest.raises(ValueError, match="'auto' has 1 values for 2 places"):
        Plot("Rate", "Hour", [0, 1], [Series("auto", [0.5])])


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=2), "now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=3, seconds=40), "3 min ago"),
        (timedelta(hours=-2), "in 2 h"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(days=20), "3 Nov"),
        (timedelta(days=400), "19 Oct 2025"),
    ],
)
def test_times_are_said_as_people_do(ago: timedelta, said: str) -> None:
    assert time_ago(NOW - ago, NOW) == said


def test_numbers_carry_their_unit_and_a_dash_where_there_is_none() -> None:
    assert [percent(0.0123), percent(1, 0), percent(None), percent(math.nan)] == ["1.2 %", "100 %", "–", "–"]
    assert [size(999), size(2048), size(25 * 1024**2)] == ["999 bytes", "2 kB", "25 MB"]
