"""Arms are sticky and uniform, and widening a canary never moves a case back."""

from uuid import UUID, uuid5

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from science.arms import ARMS, arm_of, first_arm, is_within

SECRET = b"a secret of thirty-two bytes ..."
WORKFLOW = UUID(int=1)


@given(st.integers(0, ARMS - 1), st.lists(st.integers(1, ARMS - 1), min_size=2), st.integers(0, ARMS - 1))
def test_widening_never_moves_a_case_back(first: int, shares: list[int], arm: int) -> None:
    within = [is_within(arm, first=first, share=share) for share in sorted(shares)]
    assert within == sorted(within)


@given(st.integers(0, ARMS - 1), st.integers(1, ARMS - 1))
def test_a_share_is_exactly_as_many_arms(first: int, share: int) -> None:
    assert sum(is_within(arm, first=first, share=share) for arm in range(ARMS)) == share


@given(st.integers(0, ARMS - 1), st.integers(1, ARMS - 1))
def test_without_a_key_the_champion_decides(first: int, share: int) -> None:
    assert not is_within(None, first=first, share=share)


@given(st.binary(min_size=1, max_size=64), st.uuids(), st.binary(max_size=200))
def test_an_arm_is_a_function_of_its_key_alone(secret: bytes, workflow: UUID, key: bytes) -> None:
    arm = arm_of(secret, workflow, key)
    assert 0 <= arm < ARMS
    assert arm == arm_of(secret, workflow, key)


def test_arms_are_uniform_and_workflows_independent_of_each_other() -> None:
    keys = [uuid5(WORKFLOW, str(i)).bytes for i in range(20_000)]
    here = np.array([arm_of(SECRET, WORKFLOW, key) for key in keys])
    there = np.array([arm_of(SECRET, UUID(int=2), key) for key in keys])
    assert stats.chisquare(np.bincount(here // 100, minlength=100)).pvalue > 1e-4
    table = np.histogram2d(here, there, bins=8)[0]
    assert stats.chi2_contingency(table).pvalue > 1e-4


def test_canaries_begin_at_places_of_their_own() -> None:
    firsts = {first_arm(SECRET, uuid5(WORKFLOW, str(i))) for i in range(100)}
    assert len(firsts) > 95
