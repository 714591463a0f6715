"""Dawid and Skene's consensus: on their own data, against the vote, and what it must never do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.agreement.consensus import dawid_skene

# Dawid and Skene (1979), table 1: 45 patients, judged three times by one anaesthetist, once by four others.
PATIENTS = """
1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111
2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111
2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432
1111111 1111111 1212111 2322222 1211111 2222222
""".split()  # noqa: SIM905 - a table reads better


def anaesthetists() -> dict[str, np.ndarray]:
    people = [0, 0, 0, 1, 2, 3, 4]
    said = [(c, people[i], int(x) - 1) for c, row in enumerate(PATIENTS) for i, x in enumerate(row)]
    case, person, label = np.array(said).T
    return {"case": case, "person": person, "label": label}


def test_the_estimates_are_those_that_dawid_and_skene_published() -> None:
    found = dawid_skene(**anaesthetists(), n_cases=45, n_people=5, n_classes=4, prior_right=0, prior_wrong=0)
    assert found.has_converged
    assert found.prevalence == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)  # their table 2
    first = found.tables[0]
    assert first[:2, :2] == pytest.approx(np.array([[0.89, 0.11], [0.07, 0.88]]), abs=0.01)


def test_priors_keep_rare_tables_off_certainty_and_change_few_verdicts() -> None:
    plain = dawid_skene(**anaesthetists(), n_cases=45, n_people=5, n_classes=4, prior_right=0, prior_wrong=0)
    kept = dawid_skene(**anaesthetists(), n_cases=45, n_people=5, n_classes=4)
    assert kept.tables.min() > 0
    assert (plain.labels == kept.labels).mean() > 0.9


answers = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=60
)


@given(answers)
def test_every_round_is_at_least_as_probable_and_everything_is_a_probability(
    said: list[tuple[int, int, int]],
) -> None:
    case, person, label = np.array(said).T
    found = dawid_skene(case, person, label, n_cases=8, n_people=4, n_classes=3)
    assert (np.diff(found.log_posterior) > -1e-8).all()
    for values in (found.posterior, found.tables, found.prevalence):
        assert (values >= 0).all()
        assert values.sum(axis=-1) == pytest.approx(1)


@given(answers, st.permutations(range(3)), st.integers(0, 100))
def test_neither_the_order_of_answers_nor_the_names_of_labels_matter(
    said: list[tuple[int, int, int]], names: list[int], seed: int
) -> None:
    case, person, label = np.array(said).T
    shuffled = np.random.default_rng(seed).permutation(len(said))
    renamed = np.array(names)[label]
    one = dawid_skene(case, person, label, n_cases=8, n_people=4, n_classes=3, most_rounds=20)
    other = dawid_skene(
        case[shuffled],
        person[shuffled],
        renamed[shuffled],
        n_cases=8,
        n_people=4,
        n_classes=3,
        most_rounds=20,
    )
    assert other.posterior[:, names] == pytest.approx(one.posterior, abs=1e-4)


def test_two_who_are_mostly_right_outvote_three_who_guess() -> None:
    rng = np.random.default_rng(11)
    truth = rng.integers(0, 3, 400)
    right = np.array([0.95, 0.93, 0.42, 0.4, 0.38])
    wrong = (truth[:, None] + rng.integers(1, 3, (400, 5))) % 3
    said = np.where(rng.random((400, 5)) < right, truth[:, None], wrong)
    case, person = np.repeat(np.arange(400), 5), np.tile(np.arange(5), 400)
    found = dawid_skene(case, person, said.ravel(), n_cases=400, n_people=5, n_classes=3)
    votes = np.array([np.bincount(row, minlength=3).argmax() for row in said])
    assert (found.labels == truth).mean() > 0.93 > (votes == truth).mean() + 0.08
    assert found.accuracy == pytest.approx(right, abs=0.06)


def test_known_answers_hold_and_teach_about_the_people_who_gave_others() -> None:
    case, person = np.repeat(np.arange(30), 2), np.tile(np.arange(2), 30)
    said = np.tile([0, 1], 30)  # two people who always contradict each other
    known = np.full(30, -1)
    known[:10] = 1
    found = dawid_skene(case, person, said, n_cases=30, n_people=2, n_classes=2, known=known)
    assert (found.posterior[:10, 1] == 1).all()
    assert found.tables[1, 1, 1] > 0.8 > found.tables[0, 1, 1]


def test_nothing_said_is_refused() -> None:
    nothing = np.array([], dtype=int)
    with pytest.raises(ValueError, match="needs answers"):
        dawid_skene(nothing, nothing, nothing, n_cases=0, n_people=0, n_classes=2)
