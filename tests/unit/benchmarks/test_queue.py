"""What the benchmark of the queue calls handed out twice."""

from uuid import UUID

from bench.queue import _doubled


def test_each_time_a_case_is_handed_out_again_counts() -> None:
    first, second, third = (UUID(int=n) for n in range(3))
    row = _doubled("desk", [first, second, first, third, first, second])
    assert row.measured == 3
    assert row.met is False


def test_cases_handed_out_once_each_meet_the_bar() -> None:
    row = _doubled("service", [UUID(int=n) for n in range(8)])
    assert row.measured == 0
    assert row.met is True
    assert row.name.startswith("8 claims")
