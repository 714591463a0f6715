"""Every number that the pages about the promise name is what the code gives."""

import re
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from science.guarantee.audits import AuditPolicy
from science.guarantee.elond import Doubt
from science.guarantee.exact import fewest_labels
from science.guarantee.monitor import AMBER
from science.guarantee.wait import labels_until_proved
from science.pipelines.familiar import SENT
from science.ramp import PROVISIONAL_RAMP

ROOT = Path(__file__).parents[4]
PROMISE = "docs/explanation/the-promise.md"
BUDGET = "docs/explanation/error-budget.md"
LIMITS = "monitoring/templates/promise/limits.html"


def text_of(name: str) -> str:
    """A page in one line, so that a sentence is found however it is broken."""
    return " ".join((ROOT / name).read_text(encoding="utf-8").split())


def numbers(name: str, sentence: str) -> list[float]:
    """The numbers of a sentence, whose places are marked with #; it must be there exactly once."""
    pattern = re.escape(sentence).replace(r"\#", r"([\d.,]*\d)")
    found = re.findall(pattern, text_of(name))
    assert len(found) == 1, f"{name} does not say, or says twice: {sentence}"
    groups = found[0] if isinstance(found[0], tuple) else (found[0],)
    return [float(one.replace(",", "")) for one in groups]


def first_test(target: float) -> int:
    labels = labels_until_proved(target, Doubt().freeze(delta=0.05)[1].alpha)
    assert labels is not None
    return labels


def test_what_a_proof_takes_at_least_and_usually() -> None:
    said = numbers(PROMISE, "A target of # % at # % confidence takes at least # accepted cases")
    assert said == [1, 95, fewest_labels(0.01, 0.05)]
    assert numbers(PROMISE, "one of # % at least #.") == [5, fewest_labels(0.05, 0.05)]
    pairs = numbers(PROMISE, "takes about # labels at # %, # at # % and # at # %.")
    for labels, percent in zip(pairs[::2], pairs[1::2], strict=True):
        assert labels == pytest.approx(first_test(percent / 100), rel=0.03)


def test_the_limits_on_the_page_say_the_same() -> None:
    percent, confidence, least = numbers(LIMITS, "# % at # % takes at least # accepted cases in a row")
    assert least == fewest_labels(percent / 100, 1 - confidence / 100)
    (usual,) = numbers(LIMITS, "and about # where half as many are wrong as promised")
    assert usual == pytest.approx(first_test(percent / 100), rel=0.03)


def test_little_traffic_takes_more_than_four_months() -> None:
    cases, percent = numbers(
        PROMISE, "With # cases a month, of which people answer three quarters blind, proving # %"
    )
    blind = 1 - PROVISIONAL_RAMP + PROVISIONAL_RAMP * AuditPolicy().base
    months = first_test(percent / 100) / (cases * blind)
    assert 4 < months < 5
    assert blind == pytest.approx(0.75, abs=0.01)


def test_a_bet_reaches_twenty_times_its_stake_as_rarely_as_the_doubt() -> None:
    times, chance = numbers(PROMISE, "ever grows to # times what it was with a probability of at most 1 in #")
    assert times == chance == 1 / 0.05


def test_one_new_case_in_two_hundred_is_strange_and_fewer_entities_teach_nothing() -> None:
    assert "about one new case in two hundred is sent" in text_of(PROMISE)
    assert SENT == 1 / 200
    (least,) = numbers(PROMISE, "With fewer than # entities nothing is called strange")
    enough = [n for n in range(1, 400) if ceil((1 - SENT) * (n + 1)) <= n]
    assert enough[0] == least


def test_the_points_of_the_monitor_are_its_evidence() -> None:
    page = "docs/how-to/read-the-promise-page.md"
    (amber,) = numbers(page, "From # points on (amber)")
    (red,) = numbers(page, "From # on (red)")
    assert red / amber == pytest.approx(1 / 0.01 / AMBER)
    assert numbers(page, "where amber is # and red is #") == [AMBER, 100]
    assert np.isclose(amber, AMBER * red / 100)


RAMPED = re.compile(
    r"\b(half|third|quarter|fifth|tenth|two thirds|three quarters) of "
    r"(?:what (?:it|they|is|the model|stricter cutoffs) accept|the (?:accepted )?cases (?:it|may)|these is)"
)


def test_every_page_calls_the_share_of_a_provisional_certificate_a_quarter() -> None:
    assert PROVISIONAL_RAMP == 1 / 4
    said = {
        str(path.relative_to(ROOT)): found
        for root in ("docs", "hitl", "models_store", "monitoring", "policy", "science")
        for path in (ROOT / root).rglob("*")
        if path.suffix in (".py", ".html", ".md") and "adr" not in path.parts
        if (found := set(RAMPED.findall(text_of(str(path.relative_to(ROOT))))))
    }
    assert len(said) >= 8, sorted(said)
    assert set.union(*said.values()) == {"quarter"}, said
