"""Over a workflow's life few of its certificates are false, in whatever order its plans come."""

import numpy as np
import pytest

from science.guarantee.elond import Doubt
from science.guarantee.planning import labels_needed, plan_on_grid
from science.worlds.lives import ORDERS, lives

DELTA = 0.05


@pytest.mark.parametrize("shared", [False, True], ids=["labels of their own", "the same labels"])
@pytest.mark.parametrize("order", ORDERS)
def test_the_share_of_false_certificates_is_at_most_delta_at_its_worst_moment(
    order: str, shared: bool
) -> None:
    played = lives(
        ORDERS[order], runs=120, rng=np.random.default_rng(301), labels=1500, good=0.002, shared=shared
    )
    worst = played.worst_share
    assert worst.mean() <= DELTA + 3.7 * np.sqrt(DELTA / worst.size)
    assert played.false_share.mean() <= worst.mean()
    if order == "in turn":
        assert played.issued.mean() > 20  # of fifty good ones, with 1,500 labels each


def test_neither_the_first_nor_the_63rd_plan_needs_many_more_labels() -> None:
    wrong = np.zeros(100_000)
    wrong[:500] = 1

    def needed(alpha: float) -> int:
        own = plan_on_grid((0.0,), np.ones(wrong.size), wrong, target=0.01, delta=alpha, expected_labels=2000)
        return labels_needed(own) or 10**9

    lone, first = needed(DELTA), needed(Doubt().freeze(delta=DELTA)[1].alpha)
    assert first <= 1.7 * lone
    for issued in (31, 62):
        assert needed(Doubt(62, issued).freeze(delta=DELTA)[1].alpha) <= 1.5 * first
