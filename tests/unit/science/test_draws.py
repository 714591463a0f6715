"""Draws are uniform, independent of each other, repeatable, and never reach 1."""

from uuid import UUID, uuid5

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import science.draws as draws_module
from science.draws import AUDIT, BLIND, RAMP, Draws, draw, uniform

SECRET = b"a secret of thirty-two bytes ..."
SPACE = UUID(int=0)


def ids(n: int) -> list[UUID]:
    return [uuid5(SPACE, str(i)) for i in range(n)]


def test_a_retry_draws_the_same_numbers_in_any_batch() -> None:
    cases = ids(50)
    whole = draw(SECRET, cases)
    for i in (0, 17, 49):
        alone = draw(SECRET, [cases[i]])
        assert (alone.u_audit[0], alone.u_ramp[0], alone.u_blind[0]) == (
            whole.u_audit[i],
            whole.u_ramp[i],
            whole.u_blind[i],
        )


@given(st.binary(min_size=1, max_size=64), st.uuids(), st.integers(0, 2**31))
def test_one_number_and_the_batch_agree(secret: bytes, case_id: UUID, epoch: int) -> None:
    drawn = draw(secret, [case_id], epoch)
    assert drawn.u_audit[0] == uniform(secret, AUDIT, case_id, epoch)
    assert drawn.u_ramp[0] == uniform(secret, RAMP, case_id, epoch)
    assert drawn.u_blind[0] == uniform(secret, BLIND, case_id, epoch)
    assert 0 <= drawn.u_audit[0] < 1


def test_the_numbers_are_uniform() -> None:
    drawn = draw(SECRET, ids(20_000))
    for u in (drawn.u_audit, drawn.u_ramp, drawn.u_blind):
        assert stats.kstest(u, "uniform").pvalue > 1e-4


def test_the_purposes_are_independent_of_each_other() -> None:
    drawn = draw(SECRET, ids(20_000))
    columns = (drawn.u_audit, drawn.u_ramp, drawn.u_blind)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        table = np.histogram2d(columns[a], columns[b], bins=8)[0]
        assert stats.chi2_contingency(table).pvalue > 1e-4
    # Low audit draws are not low ramp draws: the audits of a ramp are a fair sample of it.
    ramped = drawn.u_ramp < 0.25
    audited = int((drawn.u_audit[ramped] < 0.02).sum())
    low, high = stats.binom.interval(0.9999, int(ramped.sum()), 0.02)
    assert low <= audited <= high


def test_secret_epoch_and_case_each_change_the_draw() -> None:
    case = ids(1)[0]
    seen = {
        uniform(SECRET, AUDIT, case),
        uniform(SECRET + b"!", AUDIT, case),
        uniform(SECRET, AUDIT, case, 1),
        uniform(SECRET, AUDIT, ids(2)[1]),
        uniform(SECRET, RAMP, case),
    }
    assert len(seen) == 5


def test_consecutive_epochs_are_independent() -> None:
    cases = ids(20_000)
    first, second = draw(SECRET, cases, 0).u_audit, draw(SECRET, cases, 1).u_audit
    table = np.histogram2d(first, second, bins=8)[0]
    assert stats.chi2_contingency(table).pvalue > 1e-4


def test_the_largest_hash_still_draws_less_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (2**64 - 1) / 2**64 == 1.0  # what the plain division would give
    monkeypatch.setattr(draws_module, "_mac", lambda secret, message: b"\xff" * 8)
    assert uniform(SECRET, AUDIT, SPACE) == 1 - 2**-53
    assert draw(SECRET, [SPACE]).u_audit[0] == 1 - 2**-53


def test_no_cases_draw_nothing() -> None:
    assert len(draw(SECRET, [])) == 0


def test_simulated_draws_come_from_the_generator_alone() -> None:
    one, two = (Draws.simulated(5, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.u_blind, two.u_blind)
    assert len(one) == 5
