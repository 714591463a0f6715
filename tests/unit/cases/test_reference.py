"""A reference is checked as it is stored: in NFC, at most as long as its column."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case
from cases.reference import MAX_REFERENCE, check_reference

GROWS = "\u0958"  # one character that NFC takes apart into two
SHRINKS = "e\u0301"  # two that it puts together


@given(st.text(alphabet=[GROWS, *SHRINKS, "a", " ", "\x00", "\ud800"], max_size=210))
def test_what_is_accepted_is_nfc_printable_and_fits_the_column(text: str) -> None:
    reference, problem = check_reference(text)
    assert (reference is None) != (problem is None)
    if reference is not None:
        assert reference == unicodedata.normalize("NFC", text)
        assert 1 <= len(reference) <= (Case._meta.get_field("reference").max_length or 0)
        assert check_reference(reference) == (reference, None)


def test_length_is_counted_after_normalising() -> None:
    assert check_reference(SHRINKS * MAX_REFERENCE) == ("é" * MAX_REFERENCE, None)
    assert check_reference(GROWS * MAX_REFERENCE)[1] == {
        "field": "reference",
        "error": "is 400 characters long",
        "fix": "Use a text of 1 to 200 printable characters.",
    }


@pytest.mark.parametrize("value", ["", " \n", 7, ["a"], "\ud800", "\x00"])
def test_what_is_no_reference_is_refused_by_name(value: object) -> None:
    reference, problem = check_reference(value)
    assert reference is None
    assert problem is not None
    assert problem["field"] == "reference"


def test_a_case_may_have_no_reference() -> None:
    assert check_reference(None) == (None, None)
