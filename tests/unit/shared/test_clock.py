"""The time of day: it does not go back when the system's clock is set back, and it does not run away."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hitl.shared.clock import MAX_BEHIND, Steady

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Machine:
    """A machine whose clock somebody sets."""

    def __init__(self) -> None:
        self.wall, self.elapsed = START, 0.0
        self.clock = Steady(lambda: self.wall, lambda: self.elapsed)

    def wait(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.elapsed += seconds

    def set_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(-120, 120)), max_size=30))
def test_it_never_goes_back_and_catches_up(steps: list[tuple[float, float]]) -> None:
    machine, before = Machine(), START
    behind = 0.0
    for seconds, step in steps:
        machine.wait(seconds)
        now = machine.clock()
        assert now >= before
        before = now
        machine.set_by(step)
        behind = max(0.0, behind - seconds / 2, (before - machine.wall).total_seconds())
        if behind > MAX_BEHIND.total_seconds() / 2:
            return
    machine.wait(2 * behind + 1)
    assert machine.clock() == machine.wall


def test_a_step_back_goes_on_at_half_speed_and_one_forward_is_taken_at_once() -> None:
    machine = Machine()
    machine.wait(10)
    assert machine.clock() == machine.wall
    machine.set_by(-60)
    machine.wait(30)
    assert machine.clock() == START + timedelta(seconds=10 + 15)
    machine.wait(30)
    assert machine.clock() == START + timedelta(seconds=10 + 30)
    machine.wait(100)
    assert machine.clock() == machine.wall
    machine.set_by(3600)
    assert machine.clock() == machine.wall


def test_a_clock_that_was_far_ahead_is_not_followed() -> None:
    machine = Machine()
    machine.set_by(86_400 * 365)
    assert machine.clock() == machine.wall
    machine.set_by(-86_400 * 365)
    machine.wait(1)
    assert machine.clock() == machine.wall
