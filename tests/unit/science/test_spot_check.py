"""What a look at some of a set says of the rest, checked by counting every draw."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.spot_check import most_wrong


@pytest.mark.parametrize(("read", "rest"), [(1, 4), (2, 6), (3, 7), (5, 5), (4, 8)])
def test_one_more_wrong_would_be_found_with_the_confidence(read: int, rest: int) -> None:
    total = read + rest
    draws = list(combinations(range(total), read))

    def missed(wrong: int) -> float:
        return sum(all(place >= wrong for place in draw) for draw in draws) / len(draws)

    most = most_wrong(read, rest)
    assert missed(most) > 0.05
    assert most == rest or missed(most + 1) <= 0.05


@given(read=st.integers(0, 80), rest=st.integers(0, 300), more=st.integers(0, 20))
def test_whoever_reads_more_knows_more(read: int, rest: int, more: int) -> None:
    more = min(more, rest)
    assert most_wrong(read + more, rest - more) <= most_wrong(read, rest) <= rest


def test_nothing_read_says_nothing_and_everything_read_leaves_nothing_open() -> None:
    assert most_wrong(0, 30) == 30
    assert most_wrong(30, 0) == 0
    with pytest.raises(ValueError, match="counts"):
        most_wrong(-1, 3)
