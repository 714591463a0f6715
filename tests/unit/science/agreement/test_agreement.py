"""Agreement of people: alpha, pairs of labels, confusion, rubber stamps, pace."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.agreement.alpha import Alpha, alpha_of, coincidences, krippendorff_alpha, label_counts
from science.agreement.confusion import clopper_pearson, confusion
from science.agreement.pace import FLOOR_SECONDS, pace_of
from science.agreement.pairs import label_pairs
from science.agreement.rubber_stamp import RubberStamp, rubber_stamp_index
from science.agreement.shares import Share, TooFew, share

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), examples B, A and C; "." is a missing
# answer.
TWO_PEOPLE_FIVE_LABELS = ["aabbdcccedda", "babbbcccEddd".lower()]
TWO_PEOPLE_TWO_LABELS = ["0100000010", "1110010000"]
FOUR_PEOPLE_WITH_GAPS = ["1233214 12...", "1233224 125.3", ".333234 2251.", "1233244 1251."]


def counts_of(people: list[str]) -> np.ndarray:
    rows = [row.replace(" ", "") for row in people]
    labels = sorted(set("".join(rows)) - {"."})
    said = [(case, labels.index(label)) for row in rows for case, label in enumerate(row) if label != "."]
    case, label = np.array(said).T
    return label_counts(case, label, n_cases=len(rows[0]), n_classes=len(labels))


@pytest.mark.parametrize(
    ("people", "alpha"),
    [
        (TWO_PEOPLE_TWO_LABELS, 0.095),
        (TWO_PEOPLE_FIVE_LABELS, 0.692),
        (FOUR_PEOPLE_WITH_GAPS, 0.743),
    ],
)
def test_alpha_is_that_of_krippendorffs_own_examples(people: list[str], alpha: float) -> None:
    assert float(alpha_of(coincidences(counts_of(people)))) == pytest.approx(alpha, abs=5e-4)


tables = st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=10, max_size=40)


def by_definition(counts: np.ndarray) -> float:
    """Alpha from all pairs of answers, one by one: observed over expected disagreement."""
    answers = [np.repeat(np.arange(len(row)), row) for row in counts if row.sum() >= 2]
    pooled = np.concatenate(answers) if answers else np.array([])
    observed = sum(
        sum(a != b for i, a in enumerate(row) for j, b in enumerate(row) if i != j) / (len(row) - 1)
        for row in answers
    )
    n = len(pooled)
    expected = sum(a != b for i, a in enumerate(pooled) for j, b in enumerate(pooled) if i != j)
    return float("nan") if expected == 0 else 1 - (observed / n) / (expected / (n * (n - 1)))


@given(tables)
def test_alpha_is_its_definition_pair_by_pair(rows: list[list[int]]) -> None:
    counts = np.array(rows)
    assert float(alpha_of(coincidences(counts))) == pytest.approx(
        by_definition(counts), nan_ok=True, abs=1e-9
    )


@given(tables, st.permutations(range(3)), st.integers(0, 1000))
def test_alpha_knows_neither_the_names_of_labels_nor_the_order_of_cases(
    rows: list[list[int]], names: list[int], seed: int
) -> None:
    counts = np.array(rows)
    other = np.random.default_rng(seed).permutation(counts)[:, names]
    assert alpha_of(coincidences(other)) == pytest.approx(alpha_of(coincidences(counts)), nan_ok=True)


@given(tables)
def test_the_interval_of_alpha_holds_it_or_says_why_there_is_none(rows: list[list[int]]) -> None:
    found = krippendorff_alpha(np.array(rows), rng=np.random.default_rng(1), replicates=400)
    if isinstance(found, TooFew):
        assert found.n < found.needed
        return
    assert -1 <= found.value <= 1
    assert np.isnan(found.low) or found.low - 0.1 <= found.value <= found.high + 0.1


def test_the_interval_of_alpha_covers_the_truth_about_as_often_as_it_says() -> None:
    rng, right, covered = np.random.default_rng(7), 0.85, 0
    alpha = (2 * right - 1) ** 2  # of two people who are right with this chance, on two labels, each half
    for _ in range(200):
        truth = rng.integers(0, 2, 200)
        said = np.where(rng.random((200, 2)) < right, truth[:, None], 1 - truth[:, None])
        counts = label_counts(np.repeat(np.arange(200), 2), said.ravel(), n_cases=200, n_classes=2)
        found = krippendorff_alpha(counts, rng=rng, replicates=300)
        assert isinstance(found, Alpha)
        covered += found.low <= alpha <= found.high
    assert covered >= 180  # of 190 nominal


def test_people_who_never_disagreed_are_not_certain_to_agree() -> None:
    few = krippendorff_alpha(np.array([[2, 0], [0, 2]] * 10), rng=np.random.default_rng(1))
    many = krippendorff_alpha(np.array([[2, 0], [0, 2]] * 200), rng=np.random.default_rng(1))
    assert isinstance(few, Alpha)
    assert isinstance(many, Alpha)
    assert (few.value, few.high) == (1, 1)
    assert few.low < 0.75 < 0.95 < many.low < 1


def test_one_label_alone_says_nothing_about_agreement() -> None:
    found = krippendorff_alpha(np.array([[2, 0]] * 50), rng=np.random.default_rng(1))
    assert isinstance(found, TooFew)
    assert "same label" in found.why


def test_the_labels_taken_for_each_other_come_first_with_the_cases_that_show_it() -> None:
    counts = np.array([[1, 1, 0]] * 6 + [[0, 1, 1]] * 2 + [[2, 0, 0]] * 10 + [[0, 0, 2]] * 5 + [[1, 0, 0]])
    first, second = label_pairs(counts)
    assert (first.one, first.other, first.split, first.of) == (0, 1, 6, 18)
    assert (second.one, second.other, second.split, second.of) == (1, 2, 2, 13)
    assert first.low < first.share == 6 / 18 < first.high
    assert first.alpha < second.alpha < 1


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=50))
def test_a_confusion_table_counts_everything_and_its_intervals_hold_its_shares(
    said: list[tuple[int, int]],
) -> None:
    truth, answer = np.array(said).T
    wilson = confusion(truth, answer, n_classes=3)
    exact = confusion(truth, answer, n_classes=3, interval=clopper_pearson)
    assert (wilson.n, wilson.right) == (len(said), int((truth == answer).sum()))
    rows = wilson.counts.sum(axis=1) > 0
    for table in (wilson, exact):
        assert (table.low[rows] <= table.shares[rows]).all()
        assert (table.shares[rows] <= table.high[rows]).all()
        assert np.isnan(table.shares[~rows]).all()
    assert (exact.high - exact.low).sum() >= (wilson.high - wilson.low).sum() - 1e-9


def test_the_rubber_stamp_interval_is_newcombes_and_needs_both_kinds_of_answers() -> None:
    found = rubber_stamp_index(shown_agreed=9, shown_n=10, blind_agreed=3, blind_n=10)
    assert isinstance(found, RubberStamp)
    assert (found.low, found.high) == pytest.approx((0.1705, 0.8090), abs=5e-5)  # Newcombe 1998, table II (d)
    assert found.is_raised
    missing = rubber_stamp_index(shown_agreed=9, shown_n=10, blind_agreed=1, blind_n=4)
    assert isinstance(missing, TooFew)
    assert "answered blind" in missing.why


@given(st.integers(0, 40), st.integers(5, 40), st.integers(0, 40), st.integers(5, 40))
def test_the_rubber_stamp_index_turns_its_sign_with_its_sides(a: int, n: int, b: int, m: int) -> None:
    a, b = min(a, n), min(b, m)
    one = rubber_stamp_index(shown_agreed=a, shown_n=n, blind_agreed=b, blind_n=m)
    other = rubber_stamp_index(shown_agreed=b, shown_n=m, blind_agreed=a, blind_n=n)
    assert isinstance(one, RubberStamp)
    assert isinstance(other, RubberStamp)
    assert -1 <= one.low <= one.index <= one.high <= 1
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


@given(st.lists(st.floats(0.05, 600), min_size=30, max_size=200), st.floats(0.2, 5))
def test_the_pace_of_a_workflow_stretches_with_its_cases(seconds: list[float], factor: float) -> None:
    one = pace_of(np.array(seconds), floor=0)
    other = pace_of(np.array(seconds) * factor, floor=0)
    assert other.median == pytest.approx(one.median * factor)
    assert other.too_fast_below == pytest.approx(one.too_fast_below * factor)
    assert one.too_fast_below < one.median


def test_a_few_hasty_answers_do_not_move_the_limit_that_finds_them() -> None:
    rng = np.random.default_rng(3)
    careful = np.exp(rng.normal(np.log(9), 0.4, 400))
    pace = pace_of(np.concatenate([careful, np.full(60, 0.9)]))
    assert 1 < pace.too_fast_below < 4
    assert (careful < pace.too_fast_below).mean() < 0.02
    assert pace_of(np.full(500, 4.0)).too_fast_below < 3.9  # equal times condemn nobody
    assert pace_of(np.array([])).too_fast_below == FLOOR_SECONDS


def test_a_share_of_too_few_is_none() -> None:
    assert isinstance(share(1, 4, least=5), TooFew)
    assert isinstance(share(5, 5, least=5), Share)
    with pytest.raises(ValueError, match="no count"):
        share(3, 2)
