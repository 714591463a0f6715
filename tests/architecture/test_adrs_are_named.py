"""The code that a decision explains names it: whoever reads the code finds why it is so."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ("hitl", "science", "cases", "models_store", "policy", "reviews", "monitoring", "bench", "deploy")
TOP = ("manage.py", "pyproject.toml", "Dockerfile")
ENDINGS = (".py", ".sql", ".js", ".css", ".html", ".toml", ".sh")
NAMED = re.compile(r"\bADR (\d{4})\b|\badr/(\d{4})\b")
OTHERWISE = re.compile(r"(?i)\badrs?(?:\s*[-#:]?\s*\d|\s*$)", re.MULTILINE)

EXPLAINS_NO_CODE: dict[str, str] = {}
"""Decisions about the process or the documentation alone, by their numbers: a reason each."""


def named_in(text: str) -> set[str]:
    """The numbers of the decisions that a text names."""
    return {one or other for one, other in NAMED.findall(text)}


def named_otherwise(text: str) -> list[str]:
    """What names a decision in another form than `ADR 0041`, by which nobody who looks for it finds it."""
    return OTHERWISE.findall(NAMED.sub("", text))


@cache
def texts() -> Mapping[str, str]:
    """The code by its path, tests included; this one names decisions as no code should."""
    files = [ROOT / name for name in TOP]
    files += [path for top in (*CODE, "tests") for path in (ROOT / top).rglob("*") if path.suffix in ENDINGS]
    found = {str(path.relative_to(ROOT)): path.read_text() for path in files if path != Path(__file__)}
    assert len(found) > 1_500
    return found


@cache
def naming() -> Mapping[str, set[str]]:
    """The files that name each decision, by its number."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, text in texts().items():
        for number in named_in(text):
            found[number].add(name)
    return found


@cache
def decisions() -> Mapping[str, str]:
    """Every decision by its number."""
    return {path.name[:4]: path.read_text() for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}


def is_superseded(decision: str) -> bool:
    """Whether another decision has taken its place, and not only that of a part of it."""
    return re.search(r"^\*Superseded by ", decision, re.MULTILINE) is not None


def in_force() -> set[str]:
    """The numbers of the decisions that hold."""
    return {number for number, decision in decisions().items() if not is_superseded(decision)}


def test_what_is_named_is_a_decision_that_holds() -> None:
    lost = {number: files for number, files in naming().items() if number not in in_force()}
    assert lost == {}, "Name the decision that took its place."


def test_every_decision_that_holds_is_named_by_the_code_that_it_explains() -> None:
    named = {
        number for number, files in naming().items() if any(not name.startswith("tests/") for name in files)
    }
    assert in_force() - named - set(EXPLAINS_NO_CODE) == set(), "Name it in the docstring: (ADR 0041)."


def test_a_decision_that_explains_code_is_taken_off_the_list() -> None:
    assert set(EXPLAINS_NO_CODE) <= in_force() - set(naming())
    assert all(EXPLAINS_NO_CODE.values())


def test_every_decision_is_named_in_one_form() -> None:
    assert {name: found for name, text in texts().items() if (found := named_otherwise(text))} == {}


@pytest.mark.parametrize(
    ("text", "named", "is_found"),
    [
        ("One record in each (ADR 0041).", {"0041"}, True),
        ("See docs/adr/0041.", {"0041"}, True),
        ("Two of them (ADR 0041, ADR 0062).", {"0041", "0062"}, True),
        ("One record in each (ADR-0041).", set(), False),
        ("One record in each (ADR 41).", set(), False),
        ("Two of them (ADRs 0041 and 0062).", set(), False),
        ("One record in each (ADR\n0041).", set(), False),
        ("An address, quadratic.", set(), True),
    ],
)
def test_names_are_found_and_other_forms_are_told(text: str, named: set[str], is_found: bool) -> None:
    assert named_in(text) == named
    assert (named_otherwise(text) == []) is is_found


def test_a_decision_of_which_a_part_was_replaced_holds() -> None:
    superseded = {number for number, decision in decisions().items() if is_superseded(decision)}
    assert "0016" in superseded
    assert superseded.isdisjoint({"0017", "0030", "0034"})
