"""Many fields at once: few false discoveries, and only what comes back is told."""

import numpy as np
import pytest

from science.drift.findings import Persistence, found, q_values


def test_the_published_example() -> None:
    """Table 1 of Benjamini and Hochberg (1995): at 5 % four hypotheses are rejected, by Bonferroni three."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    assert (q_values(p) <= 0.05).sum() == 4


def test_order_means_nothing_and_what_is_not_known_takes_no_part() -> None:
    p = [0.2, float("nan"), 0.001, 0.04]
    q = q_values(p)
    assert np.isnan(q[1])
    assert q[[2, 3, 0]] == pytest.approx(q_values([0.001, 0.04, 0.2]))
    assert (q[[0, 2, 3]] >= np.array(p)[[0, 2, 3]]).all()
    assert np.isnan(q_values([float("nan")])).all()


def test_not_enough_data_is_no_finding_and_no_calm() -> None:
    assert found({"age": float("nan"), "city": 0.001, "sum": 0.9}) == {
        "age": None,
        "city": True,
        "sum": False,
    }


def test_false_discoveries_among_many_clean_fields_are_as_rare_as_stated() -> None:
    rng = np.random.default_rng(0)
    checks = [any(found({str(i): p for i, p in enumerate(rng.random(20))}).values()) for _ in range(2_000)]
    assert np.mean(checks) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 2_000)


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        ([True], None),
        ([True, None], None),
        ([True, False], False),
        ([False, True, True], True),
        ([True, None, True], True),
        ([True, True, False, False, False], False),
        ([], None),
    ],
)
def test_a_finding_must_come_back(windows: list[bool | None], told: bool | None) -> None:
    assert Persistence(times=2, of=3).holds(windows) is told


def test_more_windows_than_there_are_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="cannot be asked for"):
        Persistence(times=4, of=3)
