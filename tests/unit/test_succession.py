"""Which of two proved models is to be in force."""

from hypothesis import given
from hypothesis import strategies as st

from science.guarantee.succession import Standing, takes_over

STANDINGS = st.builds(Standing, st.floats(0, 1), st.integers(1, 10_000), st.floats(0, 100))


@given(STANDINGS, st.floats(0, 100))
def test_of_two_that_automate_alike_the_fresher_is_in_force(one: Standing, later: float) -> None:
    other = Standing(one.automated, one.n_cases, one.proved_at + later)
    assert takes_over(other, one)
    assert takes_over(one, other) == (later == 0 or one.proved_at + later == one.proved_at)


@given(STANDINGS, STANDINGS)
def test_whoever_automates_clearly_less_never_takes_over(one: Standing, other: Standing) -> None:
    if one.automated < other.automated - 2 * (one.spread + other.spread):
        assert not takes_over(one, other)


def test_what_may_be_chance_does_not_keep_the_older() -> None:
    old = Standing(0.7, 400, proved_at=1.0)
    assert takes_over(Standing(0.65, 400, proved_at=2.0), old)
    assert not takes_over(Standing(0.6, 400, proved_at=2.0), old)
    assert not takes_over(Standing(0.65, 40_000, proved_at=2.0), Standing(0.7, 40_000, proved_at=1.0))
