"""Trees in NumPy give scikit-learn's raw scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from science.pipelines.treefit import export_trees


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    with threadpool_limits(limits=1):
        yield


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    n_labels=st.integers(2, 4),
    leaves=st.integers(2, 31),
    pairwise=st.booleans(),
    with_missing=st.booleans(),
)
def test_scores_equal_scikit_learns_on_anything(seed, n_labels, leaves, pairwise, with_missing):
    rng = np.random.default_rng(seed)
    x = np.column_stack(
        [rng.normal(size=(120, 2)).round(1), rng.integers(0, 9, (120, 2)), rng.exponential(size=120)]
    )
    if with_missing:
        x[rng.random(x.shape) < 0.15] = np.nan
    y = rng.integers(0, n_labels, 120)
    y[:n_labels] = np.arange(n_labels)
    model = HistGradientBoostingClassifier(
        max_iter=4, max_leaf_nodes=leaves, min_samples_leaf=3, early_stopping=False, random_state=0,
        categorical_features=[False, False, True, True, False],
        interaction_cst="pairwise" if pairwise else None,
    ).fit(x, y)  # fmt: skip
    trees = export_trees(model)
    hostile = np.array([[np.nan] * 5, [1e100] * 5, [-1e100, 1e100, 200, -1, 0], [0, 0, 3, 254, -0.0]])
    hostile[1, 2:4] = np.nan  # a code is a code of the encoder's or missing
    for rows in (x, hostile[:2]):
        expected = np.asarray(model.decision_function(rows)).reshape(len(rows), -1)
        assert trees.outputs(rows) == pytest.approx(expected, abs=1e-12)
    unseen = x[:10].copy()
    unseen[:, 2:4] = 77
    expected = np.asarray(model.decision_function(unseen)).reshape(10, -1)
    assert trees.outputs(unseen) == pytest.approx(expected, abs=1e-12)


def test_a_row_scores_the_same_alone_and_among_many():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 6))
    model = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, early_stopping=False).fit(
        x, rng.integers(0, 3, 300)
    )
    trees = export_trees(model)
    together = trees.outputs(x)
    alone = np.concatenate([trees.outputs(x[i : i + 1]) for i in range(300)])
    assert np.array_equal(together, alone)
