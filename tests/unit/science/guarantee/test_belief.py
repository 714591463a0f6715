"""Plans rest on what tuning data make one believe; certificates do not, but a poor belief wastes labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from science.guarantee.belief import WORTH, believed
from science.guarantee.planning import _automation_from
from science.worlds.ranked import GOOD


@given(
    hnp.arrays(np.int64, 6, elements=st.integers(1, 400)),
    hnp.arrays(np.int64, 6, elements=st.integers(0, 30)),
)
def test_predicted_probabilities_are_negative_binomial(steps: np.ndarray, wrongs: np.ndarray) -> None:
    n = np.cumsum(steps)
    belief = believed(n, np.minimum(np.cumsum(wrongs), n))
    critical = np.array([-1, 0, 1, 2, 5, 9])
    chance = belief.exposure / (belief.exposure + n)
    expected = np.where(critical >= 0, stats.nbinom.cdf(critical, belief.shape, chance), 0)
    assert belief.passing(n, critical) == pytest.approx(expected, abs=1e-9)


def test_few_errors_are_filled_in_by_the_curve_and_many_speak_for_themselves() -> None:
    for n_tuning in (1000, 200_000):
        tune = GOOD.sample(n_tuning, np.random.default_rng(1))
        cutoffs = np.linspace(0.95, 0.5, 10)
        n = np.array([(tune.scores >= cutoff).sum() for cutoff in cutoffs])
        wrong = np.array([tune.wrong[tune.scores >= cutoff].sum() for cutoff in cutoffs])
        belief = believed(n, wrong)
        truth = np.array([GOOD.risk(float(cutoff)) for cutoff in cutoffs])
        mean = belief.shape / belief.exposure
        assert (mean > 0).all()
        if wrong[0] == 0:  # no error was seen, and yet none is not believed
            assert mean[0] > truth[0] / 4
        if n_tuning > 1000:
            assert mean == pytest.approx(truth, rel=0.3, abs=1e-4)
        assert (belief.shape - wrong == WORTH).all()


def test_without_tuning_cases_nothing_much_is_believed() -> None:
    belief = believed(np.zeros(3), np.zeros(3))
    assert (belief.passing(np.full(3, 500), np.array([0, 1, 2])) < 0.01).all()


def test_a_start_is_worth_what_the_walk_from_it_automates() -> None:
    passing, coverage = np.array([0.5, 0.9, 0.8, 0.0]), np.array([0.2, 0.4, 0.7, 1.0])
    from_each = _automation_from(passing, coverage)
    assert from_each == pytest.approx([0.5 * 0.7, 0.9 * 0.4 + 0.8 * 0.3, 0.8 * 0.7, 0.0])
